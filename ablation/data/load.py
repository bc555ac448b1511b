"""From the name of a data set to its `Splits`."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np

from ablation.data import sources
from ablation.data.dataset import Dataset, Taken, Wanted
from ablation.data.find import find
from ablation.data.fingerprint import repeated
from ablation.data.own import is_own, known
from ablation.data.own.dataset import opened
from ablation.data.own.decode import pixels
from ablation.data.own.workers import side_by_side
from ablation.data.published import Published
from ablation.data.sizes import Fit
from ablation.data.splits import Splits, digest
from ablation.data.statistics import constant_channels, mean_and_deviation
from ablation.errors import UserError, did_you_mean
from ablation.wording import listed, seen_before

AUTO, DRAWN = "cifar10", "shapes"


def choose(name: str, data_dir: Path | None, may_download: bool) -> tuple[str, str]:
    """Settle which data set `--dataset` means.

    Args:
        name: of a data set, `KIND:PLACE` for the user's own images, or "auto": CIFAR-10 where it is at hand or may be
            downloaded, else shapes.
        data_dir: a folder that holds data sets; None takes the variable ABLATION_DATA_DIR, if it is set.
        may_download: whether "auto" may choose a download.

    Returns:
        What `load` takes, and why in words that name no machine.

    Raises:
        UserError: unknown name, the data folder does not exist or does not hold CIFAR-10, or there are no images there.
    """
    if is_own(name):
        found = opened(name, data_dir)
        return name, f"{found.train:,} images of {len(found.classes)} classes, {found.address.kind}"
    if name in sources.names():
        return name, "as asked"
    if name != "auto":
        raise UserError(
            f"dataset: unknown name {name!r}{did_you_mean(name, ('auto', *sources.names()))}, "
            f"or {', '.join(f'{kind}:...' for kind in known())}"
        )
    dataset = sources.get(AUTO)
    at_hand = find(dataset, data_dir) if isinstance(dataset, Published) else None
    if at_hand:
        return AUTO, f"CIFAR-10 found in {at_hand.where} ({at_hand.place.kind} {at_hand.place.path})"
    if may_download:
        return AUTO, "CIFAR-10 is not at hand and will be downloaded"
    return DRAWN, "CIFAR-10 is not at hand, so the images are drawn"


def shape_and_classes(name: str, data_dir: Path | None = None) -> tuple[tuple[int, int, int], int]:
    """Height, width and channels of a data set's images, and how many classes it has, without reading them.

    Args:
        name: as `choose` gives it.
        data_dir: as for `load`.
    """
    dataset = dataset_of(name, data_dir)
    return dataset.shape, len(dataset.classes)


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
    size: tuple[int, int] | None = None,
    fit: Fit = "crop",
    keep: bool = False,
) -> Splits:
    """Read or draw a data set and split it.

    Validation is cut from the training images, then training is taken from the rest: the validation images
    do not depend on `train`, and a smaller training set is a part of every larger one. All three hold the
    classes in equal numbers (within one), and are the same whatever form the files have. With `val=0` nothing
    is cut off and validation is the test split itself, as in the lectures.

    Args:
        name: of a data set, or `KIND:PLACE` for the user's own images. Of these as many as there are are taken where
            more are asked for, and what was not as asked is told in `Splits.notes`.
        data_dir: a folder that holds data sets; None takes the variable ABLATION_DATA_DIR, if it is set. Where
            neither is named, the user's tfds and Keras caches are searched.
        train, val, test: numbers of images. None takes all there are, and 5,000 for validation; of shapes
            45,000, 5,000 and 10,000. With `test=0` no test image is handed out.
        classes: labels that are kept, counted anew from 0 in this order; None for all.
        seed: which images go where; for shapes, which are drawn.
        may_download: whether to download what is not at hand.
        size: (height, width) to which images are brought; None leaves them as they are.
        fit: how (`ablation.data.sizes.Sizes`).
        keep: whether the process keeps a published data set that it read, since `redrawn` will want other parts of it.

    Raises:
        UserError: unknown name or class, too many images, damaged files, no files and no download, a data folder
            without the data set, or training images of one colour.
    """
    for split, number, least in (("train", train, 1), ("val", val, 0), ("test", test, 1 if val == 0 else 0)):
        if number is not None and number < least:
            raise UserError(f"{split}: expected {least} images or more, found {number}")
    dataset = dataset_of(name, data_dir, size, fit)
    kept = tuple(range(len(dataset.classes))) if classes is None else classes
    if not set(kept) <= set(range(len(dataset.classes))):
        raise UserError(f"classes: expected labels 0-{len(dataset.classes) - 1}, found {list(kept)}")
    taken = dataset.take(Wanted(train, val, test, classes, seed, data_dir, may_download, keep=keep))
    x_train, x_test = (_sized(part[0], size, fit) for part in (taken.train, taken.test))
    x_val = x_test if taken.val[0] is taken.test[0] else _sized(taken.val[0], size, fit)
    arrays = (x_train, taken.train[1], x_val, taken.val[1], x_test, taken.test[1])
    dead = constant_channels(arrays[0])
    if len(dead) == arrays[0].shape[-1]:
        raise UserError(f"{name}: the training images are all of one colour: there is nothing to learn")
    notes = taken.notes + tuple(
        f"channel {channel} is the same in every pixel of the training images: it tells nothing"
        for channel in dead
    )
    names = tuple(dataset.classes[label] for label in kept)
    notes += _without_images(names, taken)
    again = _repeated(taken) if taken.repeated is None else taken.repeated
    if again:
        notes += (seen_before(again, len(x_test)),)
    return Splits(
        dataset.name,
        names,
        *arrays,
        sha256=digest(arrays),
        source=taken.source,
        title=dataset.told(taken.published),
        published=taken.published,
        notes=notes,
        repeated=again,
        statistics=mean_and_deviation(x_train) if keep else None,
    )


def redrawn(
    splits: Splits,
    name: str,
    draw: int,
    *,
    data_dir: Path | None = None,
    train: int | None = None,
    val: int | None = None,
    classes: tuple[int, ...] | None = None,
    size: tuple[int, int] | None = None,
    fit: Fit = "crop",
) -> Splits:
    """The same data set with other training and validation images: the part that a seed draws for itself.

    As many of each class are taken, from all training images that are there, or drawings are drawn anew. Under one
    seed a smaller training set is a part of every larger one. The test images are those of `splits`, and where they
    serve for validation they go on to. The statistics, by which pixels are scaled, stay, so that one compiled network
    serves all seeds.

    Args:
        splits: as `load` gave them with `keep`.
        name, data_dir, train, val, classes, size, fit: as given to `load`.
        draw: the seed, any whole number.

    Raises:
        UserError: as `load`.
    """
    wanted = Wanted(train, val, 0, classes, 0, data_dir, draw=draw, keep=True)
    taken = dataset_of(name, data_dir, size, fit).take(wanted)
    x_train, y_train = _sized(taken.train[0], size, fit), taken.train[1]
    x_val, y_val = splits.x_val, splits.y_val
    if splits.x_val is not splits.x_test:
        x_val, y_val = _sized(taken.val[0], size, fit), taken.val[1]
    arrays = (x_train, y_train, x_val, y_val, splits.x_test, splits.y_test)
    return replace(
        splits,
        x_train=x_train,
        y_train=y_train,
        x_val=x_val,
        y_val=y_val,
        sha256=digest(arrays),
    )


def dataset_of(
    name: str, data_dir: Path | None, size: tuple[int, int] | None = None, fit: Fit = "crop"
) -> Dataset:
    """A data set by its name or, of the user's own images, by where they lie; not yet read.

    Raises:
        UserError: there is none.
    """
    return opened(name, data_dir, size, fit) if is_own(name) else sources.get(name)


def _without_images(names: tuple[str, ...], taken: Taken) -> tuple[str, ...]:
    """What is told of classes that training or test lacks, though there are images enough for all."""
    told = []
    for split, labels, so in (
        ("training", taken.train[1], "no network can learn them"),
        ("test", taken.test[1], "nothing is known of how well they are told"),
    ):
        missing = sorted(set(range(len(names))) - set(labels.tolist()))
        if missing and len(labels) >= len(names):
            told.append(f"no {split} images of class {listed([names[label] for label in missing])}: {so}")
    return tuple(told)


def _repeated(taken: Taken) -> int:
    """Test images seen before; of published images, which are taken as they are, it is not counted."""
    if taken.published:
        return 0
    own_val = taken.val[0] is not taken.test[0]
    return repeated(np.concatenate([taken.train[0], *([taken.val[0]] if own_val else [])]), taken.test[0])


def _sized(x: np.ndarray, size: tuple[int, int] | None, fit: Fit) -> np.ndarray:
    """Images brought to a size, where they do not have it."""
    if size is None or x.shape[1:3] == size:
        return x
    out = np.empty((len(x), *size, x.shape[3]), np.uint8)
    resized = functools.partial(pixels, channels=x.shape[3], size=size, fit=fit)
    for place, image in enumerate(side_by_side(resized, x)):
        out[place] = image
    return out
