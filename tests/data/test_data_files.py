"""Every form in which a data set may lie on disk, sound and damaged."""

import dataclasses
import gzip
import hashlib
import io
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
from made_up import made_up

from ablation import data
from ablation.data.fingerprint import digests, fingerprint
from ablation.data.formats import batches
from ablation.data.sources import cifar10, cifar100
from ablation.errors import UserError
from ablation.wording import seen_before

KEYS = ("x_train", "y_train", "x_test", "y_test")

# The writers below follow the descriptions of the formats at their publishers, not the readers' code.


def write_npz(folder, name, arrays):
    np.savez(folder / f"{name}.npz", **dict(zip(KEYS, arrays, strict=True)))


def planes(images):
    """Row i: the 1,024 red values of image i, then the green ones, then the blue ones."""
    return np.stack(
        [np.concatenate([image[..., channel].ravel() for channel in range(3)]) for image in images]
    )


def cifar_files(name, arrays, form):
    """The files of the original folder as {name: bytes}."""
    x_train, y_train, x_test, y_test = arrays
    if name == "cifar10":
        fifth = len(y_train) // 5
        pieces = {f"data_batch_{i + 1}": slice(i * fifth, (i + 1) * fifth) for i in range(5)}
        content = {key: (x_train[piece], y_train[piece]) for key, piece in pieces.items()}
        content["test_batch"] = x_test, y_test
    else:
        content = {"train": (x_train, y_train), "test": (x_test, y_test)}
    files = {}
    for key, (x, y) in content.items():
        if form == "binary":
            columns = [y[:, None].astype(np.uint8), planes(x)]
            if name == "cifar100":
                columns.insert(0, np.full((len(y), 1), 19, np.uint8))
            files[f"{key}.bin"] = np.concatenate(columns, axis=1).tobytes()
        else:
            labels = b"labels" if name == "cifar10" else b"fine_labels"
            batch = {b"data": planes(x), labels: y.tolist(), b"batch_label": b"one"}
            files[key] = pickle.dumps(batch, protocol=2)
    return files


def write_archive(path, folder, files):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in {"readme.html": b"<html>", **files}.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def write_folder(path, files):
    path.mkdir(parents=True)
    for name, content in files.items():
        (path / name).write_bytes(content)


FORMS = {
    ("cifar10", "binary"): (cifar10.BINARY, "cifar-10-binary.tar.gz"),
    ("cifar10", "python"): (cifar10.PYTHON, "cifar-10-python.tar.gz"),
    ("cifar100", "binary"): (cifar100.BINARY, "cifar-100-binary.tar.gz"),
    ("cifar100", "python"): (cifar100.PYTHON, "cifar-100-python.tar.gz"),
}


def pairs(images, labels):
    return sorted(zip(map(bytes, images), labels.tolist(), strict=True))


def assert_same_images(splits, arrays):
    """Every image is there, once, with its own label."""
    x_train, y_train, x_test, y_test = arrays
    x, y = np.concatenate([splits.x_train, splits.x_val]), np.concatenate([splits.y_train, splits.y_val])
    assert pairs(x, y) == pairs(x_train, y_train)
    assert pairs(splits.x_test, splits.y_test) == pairs(x_test, y_test)
    assert (x.dtype, y.dtype) == (np.uint8, np.int32)


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "fashion_mnist"])
def test_npz_files_give_their_images(small, tmp_path, name):
    arrays = made_up(small[name])
    write_npz(tmp_path, name, arrays)
    splits = data.load(name, data_dir=tmp_path, val=20)
    assert_same_images(splits, arrays)
    assert splits.source == f"npz file {name}.npz"


def test_an_npz_as_keras_gives_it_has_a_column_of_labels_and_no_channel(small, tmp_path):
    arrays = made_up(small["fashion_mnist"])
    x_train, y_train, x_test, y_test = arrays
    as_keras = x_train[..., 0], y_train[:, None], x_test[..., 0], y_test[:, None]
    write_npz(tmp_path, "fashion_mnist", as_keras)
    assert_same_images(data.load("fashion_mnist", data_dir=tmp_path, val=20), arrays)


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_unpacked_folders_give_their_images(small, tmp_path, name, form):
    arrays = made_up(small[name])
    layout, _ = FORMS[name, form]
    write_folder(tmp_path / layout.folder, cifar_files(name, arrays, form))
    assert_same_images(data.load(name, data_dir=tmp_path, val=20), arrays)


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_original_archives_give_their_images(small, tmp_path, monkeypatch, name, form):
    arrays = made_up(small[name])
    layout, archive = FORMS[name, form]
    write_archive(tmp_path / archive, layout.folder, cifar_files(name, arrays, form))
    if form == "python":
        published(monkeypatch, layout, tmp_path / archive)
    assert_same_images(data.load(name, data_dir=tmp_path, val=20), arrays)


def published(monkeypatch, layout, archive):
    """As if this archive were the published one."""
    monkeypatch.setitem(layout.__dict__, "sha256", hashlib.sha256(archive.read_bytes()).hexdigest())


def idx(array):
    return (
        struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
    )


def write_idx(folder, arrays):
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    folder.mkdir(parents=True)
    for name, array in zip(names, arrays, strict=True):
        (folder / f"{name}-ubyte.gz").write_bytes(
            gzip.compress(idx(array[..., 0] if array.ndim == 4 else array))
        )


def test_idx_files_give_their_images(small, tmp_path):
    arrays = made_up(small["fashion_mnist"])
    write_idx(tmp_path / "fashion-mnist", arrays)
    assert_same_images(data.load("fashion_mnist", data_dir=tmp_path, val=20), arrays)


def test_the_splits_are_the_same_whatever_the_form_and_its_order(small, tmp_path):
    arrays = made_up(small["cifar10"])
    write_npz(tmp_path, "cifar10", arrays)
    order = np.random.default_rng(1).permutation(120)
    other = [arrays[0][order], arrays[1][order], arrays[2][::-1], arrays[3][::-1]]
    write_folder(tmp_path / "other" / "cifar-10-batches-bin", cifar_files("cifar10", other, "binary"))
    one = data.load("cifar10", data_dir=tmp_path, train=50, val=30, test=40)
    two = data.load("cifar10", data_dir=tmp_path / "other", train=50, val=30, test=40)
    assert one.sha256 == two.sha256
    for field in ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test"):
        np.testing.assert_array_equal(getattr(one, field), getattr(two, field))


# Damage: each case spoils a sound data folder and names what the one line must say.


def cut(path, share=0.5):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


def fails(name, folder, *said):
    with pytest.raises(UserError) as caught:
        data.load(name, data_dir=folder, val=20, may_download=False)
    message = str(caught.value)
    assert "\n" not in message
    for part in said:
        assert part in message
    return message


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda a: a.pop("y_test"), "array y_test is missing"),
        (
            lambda a: a.update(x_train=a["x_train"].astype(np.float32)),
            "images of type uint8, found float32",
        ),
        (lambda a: a.update(x_test=a["x_test"][:, :28]), "(n, 32, 32, 3), found (60, 28, 32, 3)"),
        (lambda a: a.update(x_train=a["x_train"].transpose(0, 3, 1, 2)), "found (120, 3, 32, 32)"),
        (lambda a: a.update(y_train=a["y_train"].astype(float)), "expected integer labels, found float64"),
        (
            lambda a: a.update(y_train=np.eye(10, dtype=int)[a["y_train"]]),
            "expected 120 labels",
        ),
        (lambda a: a.update(y_train=a["y_train"][:-1]), "train: expected 120 labels"),
        (lambda a: a.update(y_train=a["y_train"] + 1), "expected labels in 0-9, found 1 to 10"),
        (lambda a: a.update(y_train=a["y_train"] - 1), "expected labels in 0-9, found -1 to 8"),
        (
            lambda a: a.update(y_test=a["y_test"].clip(max=8)),
            "test: expected images of all",
        ),
        (
            lambda a: a.update(x_test=a["x_test"][:0], y_test=a["y_test"][:0]),
            "test: expected at least one image",
        ),
        (lambda a: a.update(y_train=np.array([None, {}])), "not a readable npz file"),
        (lambda a: a.update(x_train=np.uint8(3)), "(n, 32, 32, 3), found ()"),
    ],
)
def test_a_wrong_array_is_named(small, tmp_path, spoil, said):
    arrays = dict(zip(KEYS, made_up(small["cifar10"]), strict=True))
    spoil(arrays)
    np.savez(tmp_path / "cifar10.npz", **arrays)
    fails("cifar10", tmp_path, "cifar10.npz", said)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_npz_is_named(small, tmp_path, share):
    write_npz(tmp_path, "cifar10", made_up(small["cifar10"]))
    cut(tmp_path / "cifar10.npz", share)
    fails("cifar10", tmp_path, "cifar10.npz")


def test_an_array_that_is_no_archive_is_no_npz(small, tmp_path):
    with (tmp_path / "cifar10.npz").open("wb") as file:
        np.save(file, np.arange(3))
    fails("cifar10", tmp_path, "cifar10.npz: not a readable npz file")


@pytest.mark.parametrize("form", ["binary", "python"])
def test_damaged_batches_are_named(small, tmp_path, form):
    layout, _ = FORMS["cifar10", form]
    folder = tmp_path / layout.folder
    write_folder(folder, cifar_files("cifar10", made_up(small["cifar10"]), form))
    third = folder / layout.train[2]
    cut(third, 0.47)
    fails("cifar10", tmp_path, layout.train[2])
    third.unlink()
    fails("cifar10", tmp_path, layout.train[2], "cannot be read")


def test_a_batch_that_lost_whole_images_is_noticed(small, tmp_path):
    folder = tmp_path / "cifar-10-batches-bin"
    write_folder(folder, cifar_files("cifar10", made_up(small["cifar10"]), "binary"))
    last = folder / "data_batch_5.bin"
    last.write_bytes(last.read_bytes()[: -2 * 3073])
    fails("cifar10", tmp_path, "train: expected 120 images, found 118")


@pytest.mark.parametrize("form", ["binary", "python"])
def test_a_damaged_archive_is_named(small, tmp_path, monkeypatch, form):
    layout, name = FORMS["cifar10", form]
    archive = tmp_path / name
    files = cifar_files("cifar10", made_up(small["cifar10"]), form)
    lost = files.pop(layout.test[0])
    write_archive(archive, layout.folder, files)
    monkeypatch.setitem(layout.__dict__, "sha256", None)
    fails("cifar10", tmp_path, name, f"file {layout.test[0]} is missing")
    write_archive(archive, layout.folder, {**files, layout.test[0]: lost[:-1000]})
    fails("cifar10", tmp_path, f"{name}/{layout.test[0]}")
    cut(archive)
    fails("cifar10", tmp_path, f"{name}: not a readable archive")


def test_members_elsewhere_in_an_archive_are_not_taken(small, tmp_path):
    files = cifar_files("cifar10", made_up(small["cifar10"]), "binary")
    write_archive(tmp_path / "cifar-10-binary.tar.gz", "../cifar-10-batches-bin", files)
    fails("cifar10", tmp_path, "file data_batch_1.bin is missing")
    assert not list(tmp_path.parent.glob("cifar-10-batches-bin"))


def test_damaged_idx_files_are_named(small, tmp_path):
    folder = tmp_path / "fashion-mnist"
    write_idx(folder, made_up(small["fashion_mnist"]))
    images, labels = folder / "train-images-idx3-ubyte.gz", folder / "t10k-labels-idx1-ubyte.gz"
    sound = labels.read_bytes()
    labels.write_bytes(images.read_bytes())
    fails("fashion_mnist", tmp_path, labels.name, "expected an idx file with 1 axes")
    labels.write_bytes(gzip.compress(gzip.decompress(sound)[:-1]))
    fails("fashion_mnist", tmp_path, labels.name, "expected an idx file")
    labels.write_bytes(gzip.compress(b"\0\0"))
    fails("fashion_mnist", tmp_path, labels.name, "expected an idx file")
    cut(labels)
    fails("fashion_mnist", tmp_path, labels.name, "not a readable gzip file")
    labels.unlink()
    fails("fashion_mnist", tmp_path, labels.name, "not a readable gzip file")


# Pickles.


class Hostile:
    """Unpickled carelessly, it makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        import os

        return os.mkdir, (str(self.path),)


def test_an_archive_that_is_not_the_published_one_is_not_unpickled(small, tmp_path, monkeypatch):
    files = cifar_files("cifar10", made_up(small["cifar10"]), "python")
    write_archive(tmp_path / "cifar-10-python.tar.gz", "cifar-10-batches-py", files)
    monkeypatch.setattr(batches._Unpickler, "load", lambda self: pytest.fail("unpickled"))
    fails("cifar10", tmp_path, "cifar-10-python.tar.gz", "expected sha256 6d958be0745", "found ")


def test_a_hostile_pickle_runs_nothing(small, tmp_path):
    trap = tmp_path / "sprung"
    files = cifar_files("cifar10", made_up(small["cifar10"]), "python")
    files["data_batch_2"] = pickle.dumps({b"data": Hostile(trap), b"labels": []}, protocol=2)
    write_folder(tmp_path / "cifar-10-batches-py", files)
    fails("cifar10", tmp_path, "data_batch_2", "has no place in a data set")
    assert not trap.exists()


@pytest.mark.parametrize(
    "content",
    [
        [1, 2],
        {b"data": 3, b"labels": []},
        {b"labels": [1]},
        {b"data": np.zeros((2, 3072), np.float32), b"labels": [0, 1]},
        {b"data": np.zeros((2, 3071), np.uint8), b"labels": [0, 1]},
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0]},
    ],
)
def test_a_pickle_with_other_contents_is_named(small, tmp_path, content):
    files = cifar_files("cifar10", made_up(small["cifar10"]), "python")
    files["data_batch_2"] = pickle.dumps(content, protocol=2)
    write_folder(tmp_path / "cifar-10-batches-py", files)
    fails("cifar10", tmp_path, "data_batch_2")


def test_the_pickles_of_python_2_are_read():
    """A batch as Python 2 and an old numpy wrote it, put together by hand from the opcodes of protocol 2."""
    pixels = bytes(range(256)) * 24
    text = lambda s: b"U" + bytes([len(s)]) + s  # noqa: E731
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85" + text(b"b") + b"tR"
        b"(K\x01K\x02M\x00\x0c\x86cnumpy\ndtype\n" + text(b"u1") + b"K\x00K\x01\x87R"
        b"(K\x03" + text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + struct.pack("<i", len(pixels)) + pixels + b"tb"
    )  # fmt: skip
    batch = b"\x80\x02}(" + text(b"data") + array + text(b"labels") + b"](K\x07K\x02eu."
    images, labels = batches.pickled("labels")(batch)
    assert images.tobytes() == pixels
    assert images.shape == (2, 3072)
    assert labels.tolist() == [7, 2]


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("keys", [("data", "labels"), (b"data", b"labels")])
@pytest.mark.parametrize(
    "kind",
    [list, np.asarray, lambda y: np.asarray(y, ">i8"), lambda y: list(np.asarray(y, np.int64))],
    ids=["list", "array", "big-endian", "numpy numbers"],
)
def test_the_pickles_of_python_3_are_read(protocol, keys, kind):
    x, y = np.random.default_rng(0).integers(0, 256, (3, 3072), np.uint8), [7, 2, 255]
    for pixels in (x, np.asfortranarray(x)):
        content = pickle.dumps({keys[0]: pixels, keys[1]: kind(y), "other": None}, protocol=protocol)
        images, labels = batches.pickled("labels")(content)
        np.testing.assert_array_equal(images, x)
        assert labels.tolist() == y


def test_column_major_arrays_are_those_images(small, tmp_path):
    arrays = made_up(small["cifar10"])
    write_npz(tmp_path, "cifar10", [np.asfortranarray(array) for array in arrays])
    assert_same_images(data.load("cifar10", data_dir=tmp_path, val=20), arrays)


@pytest.mark.parametrize("folder", ["fashion-mnist", "FashionMNIST/raw"])
@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_unpacked_or_of_torchvision_give_their_images(small, tmp_path, folder, packed):
    arrays = made_up(small["fashion_mnist"])
    write_idx(tmp_path / folder, arrays)
    if not packed:
        for file in (tmp_path / folder).iterdir():
            file.with_suffix("").write_bytes(gzip.decompress(file.read_bytes()))
            file.unlink()
    assert_same_images(data.load("fashion_mnist", data_dir=tmp_path, val=20), arrays)


# The folder named, or an error.


def test_a_data_sets_own_folder_is_taken_for_its_parent(small, tmp_path, monkeypatch):
    arrays = made_up(small["cifar10"])
    write_folder(tmp_path / "cifar-10-batches-bin", cifar_files("cifar10", arrays, "binary"))
    write_folder(tmp_path / "of another name", cifar_files("cifar10", arrays, "python"))
    for own in ("cifar-10-batches-bin", "of another name"):
        assert_same_images(data.load("cifar10", data_dir=tmp_path / own, val=20), arrays)
    monkeypatch.chdir(tmp_path / "cifar-10-batches-bin")
    assert data.choose("auto", Path(), False)[0] == "cifar10"
    for own in ("cifar10", "cifar10/3.0.2"):
        (tmp_path / "cifar10" / "3.0.2").mkdir(parents=True, exist_ok=True)
        assert "tfds folder" in data.choose("auto", tmp_path / own, False)[1]


def test_a_named_folder_without_the_data_set_is_an_error_whatever_the_caches_hold(
    small, tmp_path, monkeypatch
):
    cache = tmp_path / "cache"
    cache.mkdir()
    write_npz(cache, "cifar10", made_up(small["cifar10"]))
    monkeypatch.setenv("TFDS_DATA_DIR", str(cache))
    assert data.choose("auto", None, False)[0] == "cifar10"
    named = tmp_path / "named"
    named.mkdir()
    (named / "holiday.jpg").touch()
    for ask in (
        lambda: data.choose("auto", named, True),
        lambda: data.load("cifar10", data_dir=named),
        lambda: data.load("cifar10", data_dir=named, may_download=False),
    ):
        with pytest.raises(UserError, match=r"CIFAR-10 is not at hand in --data-dir .*named.*holiday\.jpg"):
            ask()
    monkeypatch.setenv("ABLATION_DATA_DIR", str(named))
    with pytest.raises(UserError, match="CIFAR-10 is not at hand in ABLATION_DATA_DIR"):
        data.choose("auto", None, True)
    assert data.choose("shapes", None, False)[0] == "shapes"


def test_the_error_says_where_it_lies_instead(small, tmp_path):
    (tmp_path / "cifar10" / "1.0.0").mkdir(parents=True)
    fails("cifar10", tmp_path, "there lies cifar10 with 1.0.0", "cifar10/3.0.2")
    deeper = tmp_path / "deeper"
    deeper.mkdir()
    write_npz(deeper, "cifar10", made_up(small["cifar10"]))
    fails("cifar10", tmp_path, "cifar10.npz lies in its folder deeper: give that one")


def test_a_user_without_a_home_has_no_caches_and_no_crash(monkeypatch):
    import pwd

    def nobody(*_):
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert data.choose("auto", None, False)[0] == "shapes"
    with pytest.raises(UserError, match="CIFAR-100 is not at hand"):
        data.load("cifar100", may_download=False)


# What they are.


def test_test_images_that_were_trained_on_are_counted_in_what_lies_under_a_published_name(
    small, tmp_path, monkeypatch
):
    x, y, x_test, y_test = made_up(small["cifar10"])
    arrays = [np.concatenate([x[:-5], x_test[:5]]), np.concatenate([y[:-5], 9 - y_test[:5]]), x_test, y_test]
    write_npz(tmp_path, "cifar10", arrays)
    splits = data.load("cifar10", data_dir=tmp_path, val=20)
    assert splits.repeated == 5, "whatever their labels, and whether for training or for validation"
    assert splits.notes[-1] == seen_before(5, len(x_test))
    assert data.load("cifar10", data_dir=tmp_path, val=0).repeated == 5, (
        "the test split as validation is none of them"
    )
    known = fingerprint([digests(*arrays[:2]), digests(*arrays[2:])])
    monkeypatch.setattr(cifar10, "DATASET", dataclasses.replace(small["cifar10"], fingerprint=known))
    assert data.load("cifar10", data_dir=tmp_path, val=20).repeated == 0, (
        "published images are taken as they are"
    )


def test_images_under_a_published_name_are_told_from_the_published_ones(small, tmp_path, monkeypatch):
    arrays = made_up(small["cifar10"])
    write_npz(tmp_path, "cifar10", arrays)
    splits = data.load("cifar10", data_dir=tmp_path, val=20)
    assert (splits.published, splits.title) == (False, "a data set in CIFAR-10's form")
    assert splits.notes == ("the images are not the published ones: a data set in CIFAR-10's form",)
    known = fingerprint([digests(*arrays[:2]), digests(*arrays[2:])])
    monkeypatch.setattr(cifar10, "DATASET", dataclasses.replace(small["cifar10"], fingerprint=known))
    order = np.random.default_rng(1).permutation(120)
    write_npz(tmp_path, "cifar10", [arrays[0][order], arrays[1][order], *arrays[2:]])
    splits = data.load("cifar10", data_dir=tmp_path, val=20)
    assert (splits.published, splits.title, splits.notes) == (True, "CIFAR-10", ())
    arrays[1][:2] = arrays[1][1::-1] if arrays[1][0] != arrays[1][1] else 9 - arrays[1][:2]
    write_npz(tmp_path, "cifar10", arrays)
    assert data.load("cifar10", data_dir=tmp_path, val=20).published is False
    assert data.load("shapes", train=10, val=10, test=10).published is None


def test_of_cifar100_nobody_here_can_say(small, tmp_path):
    write_npz(tmp_path, "cifar100", made_up(small["cifar100"]))
    splits = data.load("cifar100", data_dir=tmp_path, val=20)
    assert (splits.published, splits.title) == (None, "CIFAR-100")


def test_a_dead_channel_is_told_and_images_of_one_colour_are_refused(small, tmp_path):
    arrays = made_up(small["cifar10"])
    arrays[0][..., 2] = 7
    write_npz(tmp_path, "cifar10", arrays)
    notes = data.load("cifar10", data_dir=tmp_path, val=20).notes
    assert notes[1:] == ("channel 2 is the same in every pixel of the training images: it tells nothing",)
    arrays[0][:] = (1, 2, 3)
    write_npz(tmp_path, "cifar10", arrays)
    fails("cifar10", tmp_path, "all of one colour")
