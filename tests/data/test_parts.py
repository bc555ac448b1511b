"""Each seed's own part of the training images."""

import numpy as np
import pytest
from made_up import made_up

from ablation import data
from ablation.data import published, request
from ablation.data.request import Cache, DataRequest, read_data, sha256_of
from ablation.data.sizes import Sizes

SIZES = Sizes(train=40, val=20, test=20, draw="seed")


@pytest.fixture
def folder(small, tmp_path):
    x_train, y_train, x_test, y_test = made_up(small["cifar10"])
    np.savez(tmp_path / "cifar10.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return tmp_path


@pytest.fixture
def own(small, tmp_path):
    x_train, y_train, _, _ = made_up(small["cifar10"])
    np.savez(tmp_path / "mine.npz", x=x_train, y=y_train)
    return tmp_path / "mine.npz"


@pytest.fixture(params=["cifar10", "shapes", "own"])
def asked(request, folder, own):
    name = f"npz:{own}" if request.param == "own" else request.param
    return DataRequest(name, folder, "honest", SIZES)


def rows(x):
    return {bytes(image) for image in x}


def test_seeds_draw_different_images_for_training_and_validation_and_share_the_test_images(asked):
    one, two = (read_data(asked.of_seed(seed)) for seed in (0, 1))
    again = read_data(asked.of_seed(0))
    assert rows(one.x_train) != rows(two.x_train) and rows(one.x_val) != rows(two.x_val)
    assert one.sha256 != two.sha256 == sha256_of(asked.of_seed(1)) != read_data(asked).sha256
    np.testing.assert_array_equal(one.x_train, again.x_train)
    np.testing.assert_array_equal(one.y_val, again.y_val)
    assert one.sha256 == again.sha256
    for splits in (one, two):
        assert len(splits.x_train) == 40
        assert not rows(splits.x_train) & rows(splits.x_val)
        assert not (rows(splits.x_train) | rows(splits.x_val)) & rows(splits.x_test)
        for labels in (splits.y_train, splits.y_val):
            assert np.ptp(np.bincount(labels, minlength=10)) <= 1
        assert splits.x_test is read_data(asked).x_test, "held once, whatever the seeds"


def test_a_part_follows_from_the_images_and_not_from_their_order(folder, tmp_path):
    asked = DataRequest("cifar10", folder, "honest", SIZES)
    (tmp_path / "turned").mkdir()
    with np.load(folder / "cifar10.npz") as there:
        turned = {name: array[::-1] for name, array in there.items()}
    np.savez(tmp_path / "turned" / "cifar10.npz", **turned)
    same = DataRequest("cifar10", tmp_path / "turned", "honest", SIZES)
    np.testing.assert_array_equal(read_data(asked.of_seed(3)).x_train, read_data(same.of_seed(3)).x_train)


def test_smaller_training_sets_of_a_seed_are_parts_of_larger_ones(folder):
    small, large = (
        read_data(DataRequest("cifar10", folder, "honest", SIZES.replace(train=n)).of_seed(5))
        for n in (20, 70)
    )
    assert rows(small.x_train) < rows(large.x_train)
    np.testing.assert_array_equal(small.x_val, large.x_val)


def test_where_seeds_share_one_part_a_seed_changes_nothing(folder):
    shared = DataRequest("cifar10", folder, "honest", SIZES.replace(draw="shared"))
    assert shared.of_seed(1) == shared
    plain = data.load("cifar10", data_dir=folder, train=40, val=20, test=20)
    assert read_data(shared).sha256 == plain.sha256


def test_in_the_lectures_protocol_all_seeds_validate_on_the_test_images(folder):
    splits = read_data(DataRequest("cifar10", folder, "lecture", SIZES).of_seed(1))
    assert splits.x_val is splits.x_test and len(splits.x_train) == 40


def test_some_classes(folder):
    sizes = SIZES.replace(classes=(7, 2, 5), train=20, val=5, test=6)
    one, two = (read_data(DataRequest("cifar10", folder, "honest", sizes).of_seed(seed)) for seed in (0, 1))
    assert set(one.y_train) == {0, 1, 2} and rows(one.x_train) != rows(two.x_train)


def test_files_are_read_once_whatever_the_seeds_and_one_part_is_held(folder, monkeypatch):
    times = []
    read = published.Published.read
    monkeypatch.setattr(published.Published, "read", lambda self, *rest: times.append(1) or read(self, *rest))
    cache = Cache()
    monkeypatch.setattr(request, "_cache", lambda: cache)
    asked = DataRequest("cifar10", folder, "honest", SIZES)
    parts = [read_data(asked.of_seed(seed)) for seed in range(4)]
    assert len(times) == 1
    assert len({one.sha256 for one in parts}) == 4
    assert len(cache) == 2, "the shared part and that of the last seed"
    assert all(one.statistics is parts[0].statistics for one in parts), "one compiled network serves all"
