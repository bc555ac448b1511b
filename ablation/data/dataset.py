"""What a data set that lies in files is, and what must be true of its arrays."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ablation.errors import UserError


class Arrays(NamedTuple):
    """A data set as published: images uint8, shape (n, height, width, channels); labels int32, shape (n,)."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Place:
    """One form in which a data set may lie in a data folder.

    Attributes:
        kind: the form in words, e.g. "tfds folder".
        path: where, within the data folder.
        read: reads it; raises `UserError` naming the file that is damaged.
    """

    kind: str
    path: str
    read: Callable[[Path, "Dataset"], Arrays]


@dataclass(frozen=True)
class Dataset:
    """A published data set.

    Attributes:
        name: as tfds spells it.
        title: as people spell it.
        classes: names, in the order of the labels.
        shape: of one image.
        train, test: how many images the original files hold.
        version: of the tfds folder.
        url: of a file that tfds downloads.
        places: the forms that can be read, the fastest first.
        keras: the folder of Keras' cache into which Keras unpacks the archive.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    train: int
    test: int
    version: str
    url: str
    places: tuple[Place, ...]
    keras: str = ""


def checked(
    file: Path, dataset: Dataset, images: np.ndarray, labels: np.ndarray, what: str
) -> tuple[np.ndarray, ...]:
    """The images, (n, height, width, channels), and labels, int32, (n,), of one split, once they are sound.

    Args:
        file: what the error names.
        dataset: what the arrays should hold.
        images: uint8; a single channel may lack its axis.
        labels: integers, shape (n,) or (n, 1).
        what: the split, for the error.

    Raises:
        UserError: wrong type or shape, unequal lengths, a label out of range, or a class that never occurs.
    """

    def expect(right: bool, expected: str, found: object) -> None:
        if not right:
            raise UserError(f"{file}: {what}: expected {expected}, found {found}")

    if images.ndim == 3 and dataset.shape[-1] == 1:
        images = images[..., None]
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    number, classes = len(labels) if labels.ndim else 0, len(dataset.classes)
    expect(images.dtype == np.uint8, "images of type uint8", images.dtype)
    expect(images.shape[1:] == dataset.shape, f"images of shape (n, {str(dataset.shape)[1:]}", images.shape)
    expect(np.issubdtype(labels.dtype, np.integer), "integer labels", labels.dtype)
    expect(
        labels.shape == (len(images),), f"{len(images)} labels, one for each image", f"shape {labels.shape}"
    )
    expect(number > 0, "at least one image", 0)
    low, high = int(labels.min()), int(labels.max())
    expect(low >= 0 and high < classes, f"labels in 0-{classes - 1}", f"{low} to {high}")
    absent = np.flatnonzero(np.bincount(labels, minlength=classes) == 0)
    expect(
        not len(absent),
        f"images of all {classes} classes",
        f"none of class {', '.join(map(str, absent[:3]))}",
    )
    return images, labels.astype(np.int32)
