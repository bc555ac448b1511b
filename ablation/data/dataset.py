"""What a data set is: a name, its classes, the shape of its images, and a way to take some of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ablation.errors import UserError
from ablation.streams import generator

DRAWN = "training images"  # purpose of the stream
Part = tuple[np.ndarray, np.ndarray]


class Arrays(NamedTuple):
    """A data set as published: images uint8, shape (n, height, width, channels); labels int32, shape (n,)."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Wanted:
    """What is to be taken of a data set.

    Attributes:
        train, test: numbers of images; None takes all there are.
        val: number of validation images; 0 makes the test split serve for validation too; None takes 5,000.
        classes: labels that are kept, counted anew from 0 in this order; None for all.
        seed: which images go where; for drawings, which are drawn.
        data_dir: a folder that holds data sets, or None.
        may_download: whether what is not at hand may be downloaded.
        draw: another seed for which training and validation images are taken, or drawn; None for `seed`. The test
            images stay.
        keep: whether the process is to keep what was read, since other parts of it will be wanted.
    """

    train: int | None = None
    val: int | None = None
    test: int | None = None
    classes: tuple[int, ...] | None = None
    seed: int = 0
    data_dir: Path | None = None
    may_download: bool = True
    draw: int | None = None
    keep: bool = False

    def drawn(self, order: np.ndarray) -> np.ndarray:
        """An order of training images as `draw` has it, from one that depends on the images alone; indices (n,)."""
        if self.draw is None:
            return order
        return order[generator(self.draw, DRAWN).permutation(len(order))]


@dataclass(frozen=True)
class Taken:
    """What was taken.

    Attributes:
        train, val, test: images, uint8, shape (n, height, width, channels), and labels, int32, shape (n,).
        source: where they came from, in words that name no machine.
        published: whether these are the images that were published under the name; None where nobody can say.
        notes: what the user should hear about them.
        repeated: test images that stand among the training or validation images too; None where it was not counted.
    """

    train: Part
    val: Part
    test: Part
    source: str
    published: bool | None = None
    notes: tuple[str, ...] = ()
    repeated: int | None = None


@dataclass(frozen=True)
class Dataset(ABC):
    """A data set. A module of `sources` that holds one as `DATASET` is all that the project needs to know it.

    Attributes:
        name: as `--dataset` takes it; the module's own.
        title: as people spell it.
        classes: names, in the order of the labels.
        shape: of one image, (height, width, channels).
        train, test: how many images there are.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    train: int
    test: int

    @abstractmethod
    def take(self, wanted: Wanted) -> Taken:
        """Read or draw the images wanted.

        Raises:
            UserError: too many are wanted, they are not at hand, or their files are damaged.
        """

    def told(self, published: bool | None) -> str:
        """The title as tables and reports may print it over images that are, or are not, the published ones."""
        return f"a data set in {self.title}'s form" if published is False else self.title


@dataclass(frozen=True)
class Place:
    """One form in which a data set may lie in a data folder.

    Attributes:
        kind: the form in words, e.g. "tfds folder".
        path: where, within the data folder.
        read: reads it; raises `UserError` naming the file that is damaged.
        is_it: whether a folder of any name is one, by what lies in it.
    """

    kind: str
    path: str
    read: Callable[[Path, "Dataset"], Arrays]
    is_it: Callable[[Path], bool] = lambda folder: False


def checked(
    file: Path, dataset: Dataset, images: np.ndarray, labels: np.ndarray, what: str
) -> tuple[np.ndarray, ...]:
    """The images, (n, height, width, channels), row by row, and labels, int32, (n,), once they are sound.

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
    absent = np.flatnonzero(np.bincount(labels.astype(np.int32), minlength=classes) == 0)
    expect(
        not len(absent),
        f"images of all {classes} classes",
        f"none of class {', '.join(map(str, absent[:3]))}",
    )
    return np.ascontiguousarray(images), labels.astype(np.int32)
