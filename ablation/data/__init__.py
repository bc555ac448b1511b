"""Data sets: every one of them as the same `Splits`, uint8 images and integer labels."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ablation.data.dataset import Arrays, Dataset
from ablation.data.find import find, ways_out
from ablation.data.formats import prepared
from ablation.data.sources import cifar10, cifar100, fashion_mnist, shapes
from ablation.data.split import shuffled, stratified
from ablation.errors import UserError, did_you_mean

FILES = {module.DATASET.name: module.DATASET for module in (cifar10, cifar100, fashion_mnist)}
DATASETS = (*FILES, "shapes")
VAL = 5_000

Part = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Splits:
    """A data set, ready for training.

    Attributes:
        name: one of `DATASETS`.
        classes: names, in the order of the labels.
        x_train, x_val, x_test: images, uint8, shape (n, height, width, channels), 0-255.
        y_train, y_val, y_test: labels, int32, shape (n,).
        sha256: of these six arrays, in hex.
        source: where they came from, in words that name no machine.
    """

    name: str
    classes: tuple[str, ...]
    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    sha256: str
    source: str


def choose(name: str, data_dir: Path | None, may_download: bool) -> tuple[str, str]:
    """Settle which data set `--dataset` means.

    Args:
        name: one of `DATASETS`, or "auto": CIFAR-10 where it is at hand or may be downloaded, else shapes.
        data_dir: a folder that holds data sets; None takes the variable ABLATION_DATA_DIR, if it is set.
        may_download: whether "auto" may choose a download.

    Returns:
        The data set's name, and why in words that name no machine.

    Raises:
        UserError: unknown name, or the data folder does not exist.
    """
    if name in DATASETS:
        return name, "as asked"
    if name != "auto":
        raise UserError(f"dataset: unknown name {name!r}{did_you_mean(name, ('auto', *DATASETS))}")
    found = find(cifar10.DATASET, data_dir)
    if found:
        return "cifar10", f"CIFAR-10 found in {found.where} ({found.place.kind} {found.place.path})"
    if may_download:
        return "cifar10", "CIFAR-10 is not at hand and will be downloaded"
    return "shapes", "CIFAR-10 is not at hand, so the images are drawn"


def shape_and_classes(name: str) -> tuple[tuple[int, int, int], int]:
    """Height, width and channels of a data set's images, and how many classes it has, without reading it."""
    if name == "shapes":
        return (shapes.SIZE, shapes.SIZE, 3), len(shapes.CLASSES)
    return FILES[name].shape, len(FILES[name].classes)


def load(
    name: str,
    *,
    data_dir: Path | None = None,
    train: int | None = None,
    val: int | None = None,
    test: int | None = None,
    classes: tuple[int, ...] | None = None,
    seed: int = 0,
    may_download: bool = True,
) -> Splits:
    """Read or draw a data set and split it.

    Validation is cut from the training images, then training is taken from the rest: the validation images
    do not depend on `train`, and a smaller training set is a part of every larger one. All three hold the
    classes in equal numbers (within one), and are the same whatever form the files have. With `val=0` nothing
    is cut off and validation is the test split itself, as in the lectures.

    Args:
        name: one of `DATASETS`.
        data_dir: a folder that holds data sets; None takes the variable ABLATION_DATA_DIR, if it is set. The
            user's tfds and Keras caches come next.
        train, val, test: numbers of images. None takes all there are, and 5,000 for validation; of shapes
            45,000, 5,000 and 10,000. With `test=0` no test image is handed out.
        classes: labels that are kept, counted anew from 0 in this order; None for all.
        seed: which images go where; for shapes, which are drawn.
        may_download: whether to download what is not at hand.

    Raises:
        UserError: unknown name or class, too many images, damaged files, or no files and no download.
    """
    for split, number, least in (("train", train, 1), ("val", val, 0), ("test", test, 1 if val == 0 else 0)):
        if number is not None and number < least:
            raise UserError(f"{split}: expected {least} images or more, found {number}")
    val = VAL if val is None else val
    if name not in DATASETS:
        raise UserError(f"dataset: unknown name {name!r}{did_you_mean(name, DATASETS)}")
    names = shapes.CLASSES if name == "shapes" else FILES[name].classes
    kept = tuple(range(len(names))) if classes is None else classes
    if not set(kept) <= set(range(len(names))):
        raise UserError(f"classes: expected labels 0-{len(names) - 1}, found {list(kept)}")
    if name == "shapes":
        parts, source = _draw(train, val, test, seed, kept), f"drawn, seed {seed}"
    else:
        arrays, source = _read(FILES[name], data_dir, may_download)
        if classes is not None:
            x, y, x_test, y_test = arrays
            arrays = Arrays(*_only(x, y, kept), *_only(x_test, y_test, kept))
        title = FILES[name].title if classes is None else f"this part of {FILES[name].title}"
        parts = _cut(title, len(kept), arrays, train, val, test, seed)
    return _splits(name, tuple(names[label] for label in kept), parts, source)


def mean_and_deviation(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel over all pixels, in the units of the images.

    Args:
        x: images, uint8, shape (n, height, width, channels).

    Returns:
        Mean and deviation, float32, shape (channels,) each.
    """
    values, channels = np.arange(256), x.shape[-1]
    counts = np.zeros((channels, 256), np.int64)
    for start in range(0, len(x), 1000):
        for channel in range(channels):
            counts[channel] += np.bincount(x[start : start + 1000, ..., channel].ravel(), minlength=256)
    pixels = counts.sum(axis=1)
    mean = counts @ values / pixels
    variance = (counts * (values - mean[:, None]) ** 2).sum(axis=1) / pixels
    return mean.astype(np.float32), np.sqrt(variance).astype(np.float32)


def _draw(train: int | None, val: int, test: int | None, seed: int, classes: tuple[int, ...]) -> list[Part]:
    """Each split is a stretch of its own of the endless row of drawings, in which every ten hold each class once."""
    stretch, ten = 1_000_000_000, len(shapes.CLASSES)
    numbers = shapes.TRAIN if train is None else train, val, shapes.TEST if test is None else test

    def part(number: int, first: int) -> Part:
        if classes == tuple(range(ten)):
            return shapes.draw(number, seed, first=first)
        x, y = _only(*shapes.draw(-(-number // len(classes)) * ten, seed, first=first), classes)
        return x[:number], y[:number]

    drawn = [part(number, i * stretch) for i, number in enumerate(numbers)]
    return drawn if val else [drawn[0], drawn[2], drawn[2]]


def _only(x: np.ndarray, y: np.ndarray, classes: tuple[int, ...]) -> Part:
    """The images of some classes, whose labels are their places in `classes`."""
    places = np.full(max(y.max(initial=0), *classes) + 1, -1, np.int32)
    places[list(classes)] = range(len(classes))
    here = places[y] >= 0
    return x[here], places[y[here]]


def _read(dataset: Dataset, data_dir: Path | None, may_download: bool) -> tuple[Arrays, str]:
    found = find(dataset, data_dir)
    if found:
        return found.place.read(found.path, dataset), f"{found.place.kind} {found.place.path}"
    if may_download:
        return prepared.download(dataset), f"tfds folder {dataset.name}/{dataset.version}, downloaded"
    raise UserError(f"{dataset.title} is not at hand and must not be downloaded; {ways_out(dataset)}")


def _cut(
    title: str, classes: int, arrays: Arrays, train: int | None, val: int, test: int | None, seed: int
) -> list[Part]:
    x, y, x_test, y_test = arrays
    _enough("train and val" if train else "val", (train or 1) + val, len(y), title)
    _enough("test", 1 if test is None else test, len(y_test), title)
    for_val, rest = stratified(shuffled(x, y, seed), y, classes, val)
    for_train, _ = stratified(rest, y, classes, train or len(rest))
    tests = len(y_test) if test is None else test
    for_test, _ = stratified(shuffled(x_test, y_test, seed), y_test, classes, tests)
    tested = x_test[for_test], y_test[for_test]
    return [(x[for_train], y[for_train]), (x[for_val], y[for_val]) if val else tested, tested]


def _enough(split: str, wanted: int, there: int, title: str) -> None:
    if wanted > there:
        raise UserError(f"{split}: expected at most {there} images, all that {title} has, found {wanted}")


def _splits(name: str, classes: tuple[str, ...], parts: list[Part], source: str) -> Splits:
    (x_train, y_train), (x_val, y_val), (x_test, y_test) = parts
    digest = hashlib.sha256()
    for array in (x_train, y_train, x_val, y_val, x_test, y_test):
        digest.update(f"{array.shape} {array.dtype.str}".encode())
        digest.update(array.data)
    sha256 = digest.hexdigest()
    return Splits(name, classes, x_train, y_train, x_val, y_val, x_test, y_test, sha256, source)
