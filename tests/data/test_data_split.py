"""Where data sets are looked for, and how they are cut."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import made_up

from ablation import data
from ablation.data.split import shares, stratified
from ablation.errors import UserError


@pytest.fixture
def folder(small, tmp_path):
    x_train, y_train, x_test, y_test = made_up(small["cifar10"])
    np.savez(tmp_path / "cifar10.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return tmp_path


def load(folder, **options):
    return data.load("cifar10", data_dir=folder, may_download=False, **options)


def rows(x):
    return [bytes(image) for image in x]


def test_train_and_validation_share_no_image_and_test_is_the_test_split(folder):
    splits = load(folder, train=60, val=33, test=25)
    assert (len(splits.x_train), len(splits.x_val), len(splits.x_test)) == (60, 33, 25)
    given = np.load(folder / "cifar10.npz")
    assert len(set(rows(splits.x_train) + rows(splits.x_val))) == 93
    assert set(rows(splits.x_train) + rows(splits.x_val)) < set(rows(given["x_train"]))
    assert set(rows(splits.x_test)) < set(rows(given["x_test"]))


@pytest.mark.parametrize(("train", "val", "test"), [(60, 30, 20), (57, 33, 25), (1, 1, 1), (None, 37, None)])
def test_every_class_is_equally_frequent_within_one(folder, train, val, test):
    splits = load(folder, train=train, val=val, test=test)
    for labels in (splits.y_train, splits.y_val, splits.y_test):
        assert np.ptp(np.bincount(labels, minlength=10)) <= 1


def test_validation_and_test_do_not_depend_on_the_training_size_and_training_sets_are_nested(
    folder,
):
    small, large = load(folder, train=20, val=30, test=20), load(folder, train=70, val=30, test=20)
    np.testing.assert_array_equal(small.x_val, large.x_val)
    np.testing.assert_array_equal(small.x_test, large.x_test)
    assert set(rows(small.x_train)) < set(rows(large.x_train))


def test_another_seed_cuts_elsewhere(folder):
    one, two = load(folder, val=30), load(folder, val=30, seed=1)
    assert set(rows(one.x_val)) != set(rows(two.x_val))
    assert one.sha256 != two.sha256 == load(folder, val=30, seed=1).sha256


def test_without_validation_it_is_the_test_split_and_all_images_train(folder):
    splits = load(folder, val=0)
    assert splits.x_val is splits.x_test
    assert splits.y_val is splits.y_test
    assert len(splits.x_train) == 120


def test_without_test_images_the_others_are_the_same(folder):
    all_three, two = load(folder, val=30), load(folder, val=30, test=0)
    assert two.x_test.shape == (0, *two.x_train.shape[1:]) and two.y_test.shape == (0,)
    for name in ("x_train", "y_train", "x_val", "y_val"):
        assert (getattr(two, name) == getattr(all_three, name)).all()


def test_the_digest_is_of_the_six_arrays(folder):
    """Changing one label, or moving an image from one split to the next, changes it."""
    given = dict(np.load(folder / "cifar10.npz"))
    before = load(folder, val=30).sha256
    given["y_test"][0], given["y_test"][1] = given["y_test"][1], given["y_test"][0]
    assert given["y_test"][0] != given["y_test"][1]
    np.savez(folder / "cifar10.npz", **given)
    assert len({before, load(folder, val=30).sha256, load(folder, val=31).sha256}) == 3


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        (
            {"train": 100, "val": 30},
            "train and val: expected at most 120 images, .* CIFAR-10 .* found 130",
        ),
        ({"val": 120}, "val: expected at most 120 images"),
        ({}, "val: expected at most 120 images, all that CIFAR-10 has, found 5001"),
        ({"val": 0, "test": 61}, "test: expected at most 60 images, all that CIFAR-10 has, found 61"),
        ({"train": 0}, "train: expected 1 images or more, found 0"),
        ({"test": -1}, "test: expected 0 images or more, found -1"),
        ({"val": 0, "test": 0}, "test: expected 1 images or more, found 0"),
        ({"val": -1}, "val: expected 0 images or more, found -1"),
    ],
)
def test_impossible_sizes_are_refused(folder, sizes, said):
    with pytest.raises(UserError, match=said):
        load(folder, **sizes)


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.data())
def test_shares_are_as_even_as_what_is_there_permits(available, drawn):
    available = np.array(available)
    number = drawn.draw(st.integers(0, int(available.sum())))
    given = shares(number, available)
    assert given.sum() == number
    assert (given <= available).all()
    spare = given < available
    assert not spare.any() or given.max() - given[spare].min() <= 1


def test_stratified_takes_the_first_of_each_class_in_the_given_order():
    labels = np.array([0, 1, 0, 1, 0, 1])
    taken, left = stratified(np.array([5, 0, 4, 3, 1, 2]), labels, 2, 2)
    assert taken.tolist() == [5, 0]
    assert left.tolist() == [4, 3, 1, 2]


# Where it is looked for.


def test_auto_takes_cifar10_where_it_is_at_hand(folder, monkeypatch):
    assert data.choose("auto", folder, False) == (
        "cifar10",
        "CIFAR-10 found in the data folder (npz file cifar10.npz)",
    )
    monkeypatch.setenv("ABLATION_DATA_DIR", str(folder))
    assert data.choose("auto", None, False)[0] == "cifar10"


def test_auto_downloads_or_draws_what_is_not_at_hand():
    assert data.choose("auto", None, True)[0] == "cifar10"
    name, why = data.choose("auto", None, False)
    assert name == "shapes"
    assert "CIFAR-10 is not at hand" in why


def test_a_name_is_that_data_set_and_a_wrong_one_is_met_with_the_nearest(tmp_path):
    for name in ("cifar10", "cifar100", "fashion_mnist", "shapes"):
        assert data.choose(name, tmp_path, False)[0] == name
    with pytest.raises(UserError, match="unknown name 'cifar-10'; did you mean 'cifar10'"):
        data.choose("cifar-10", None, False)
    with pytest.raises(UserError, match="unknown name 'shape'; did you mean 'shapes'"):
        data.load("shape")


def test_the_data_folder_goes_before_the_caches_and_they_are_searched(folder, monkeypatch):
    caches = {
        "the tfds cache": "tensorflow_datasets/cifar10/3.0.2",
        "the Keras cache": ".keras/datasets/cifar-10-batches-py-target/cifar-10-batches-py",
    }
    home = folder / "home"
    for words, path in caches.items():
        (home / path).mkdir(parents=True)
        assert words in data.choose("auto", None, False)[1]
        assert "data folder" in data.choose("auto", folder, False)[1]
        (home / path).rmdir()
    assert data.choose("auto", None, False)[0] == "shapes"
    monkeypatch.setenv("TFDS_DATA_DIR", str(folder))
    assert "the tfds cache" in data.choose("auto", None, False)[1]


def test_a_data_folder_that_does_not_exist_is_an_error_even_where_a_cache_could_help(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"--data-dir .*nowhere: expected a folder"):
        data.choose("auto", tmp_path / "nowhere", True)
    monkeypatch.setenv("ABLATION_DATA_DIR", str(tmp_path / "gone"))
    with pytest.raises(UserError, match=r"ABLATION_DATA_DIR .*gone: expected a folder"):
        data.load("cifar10")


def test_what_is_not_at_hand_names_the_ways_out(tmp_path):
    with pytest.raises(UserError) as caught:
        data.load("fashion_mnist", data_dir=tmp_path, may_download=False)
    for part in ("Fashion-MNIST is not at hand", "fashion_mnist.npz", "--data-dir", "--dataset shapes"):
        assert part in str(caught.value)


def test_no_network_is_one_line_with_the_ways_out(monkeypatch):
    import requests

    def unplugged(*_, **__):
        raise requests.ConnectionError("a long\nstory")

    monkeypatch.setattr(requests, "head", unplugged)
    with pytest.raises(UserError, match=r"CIFAR-10: .* cannot be reached; .*cifar10.npz.*--dataset shapes"):
        data.load("cifar10")


def test_sources_name_no_machine(folder):
    assert str(folder) not in load(folder, val=30).source
    assert str(Path.home()) not in "".join(data.choose("auto", folder, False))


def test_mean_and_deviation_of_each_channel():
    x = np.zeros((2, 1, 2, 3), np.uint8)
    x[..., 0] = [[[0, 255]], [[0, 255]]]
    x[0, 0, 0, 1] = 4
    mean, deviation = data.mean_and_deviation(x)
    np.testing.assert_allclose(mean, [127.5, 1, 0])
    np.testing.assert_allclose(deviation, [127.5, 3**0.5, 0], rtol=1e-6)  # channel 1: 4, 0, 0, 0
    many = np.random.default_rng(0).integers(0, 256, (2345, 4, 4, 1), np.uint8)
    mean, deviation = data.mean_and_deviation(many)
    assert mean[0] == pytest.approx(many.mean(), rel=1e-6)
    assert deviation[0] == pytest.approx(many.std(), rel=1e-6)


def test_some_classes_are_cut_like_all_and_counted_anew(folder):
    splits = load(folder, train=21, val=12, test=9, classes=(7, 2, 5))
    everything = load(folder, val=0)
    label = dict(zip(rows(everything.x_train), everything.y_train.tolist(), strict=True))
    assert splits.classes == tuple(everything.classes[i] for i in (7, 2, 5))
    assert [label[one] for one in rows(splits.x_train)] == [(7, 2, 5)[y] for y in splits.y_train]
    for labels in (splits.y_train, splits.y_val, splits.y_test):
        assert np.ptp(np.bincount(labels, minlength=3)) <= 1
    assert not set(rows(splits.x_train)) & set(rows(splits.x_val))
    with pytest.raises(UserError, match=r"classes: expected labels 0-9, found \[3, 10\]"):
        load(folder, classes=(3, 10))


def test_some_classes_of_the_drawn_images_are_those_images():
    some, whole = (
        data.load("shapes", train=n, val=20, test=20, classes=c) for n, c in ((17, (4, 1)), (90, None))
    )
    kept = np.isin(whole.y_train, (4, 1))
    np.testing.assert_array_equal(some.x_train, whole.x_train[kept][:17])
    assert [(4, 1)[y] for y in some.y_train] == whole.y_train[kept][:17].tolist()
    assert some.classes == ("triangle", "ring") and len(some.x_val) == len(some.x_test) == 20


def test_without_test_images_none_of_them_was_seen_before():
    assert data.load("shapes", train=20, val=10, test=0).repeated == 0
