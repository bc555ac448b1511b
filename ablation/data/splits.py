"""Any data set, ready for training."""

import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

CHUNK = 4096


@dataclass(frozen=True)
class Splits:
    """A data set, ready for training.

    Attributes:
        name: of the data set.
        classes: names, in the order of the labels.
        x_train, x_val, x_test: images, uint8, shape (n, height, width, channels), 0-255.
        y_train, y_val, y_test: labels, int32, shape (n,).
        sha256: of these six arrays, in hex.
        source: where they came from, in words that name no machine.
        title: what they may be called: over other images than the published ones, "a data set in CIFAR-10's form".
        published: whether these are the images that were published under the name; None where nobody can say.
        notes: what the user should hear about them.
        repeated: test images that stand among the training or validation images too, to the last byte; of published
            images, which are taken as they are, not counted.
        statistics: mean and standard deviation of each channel, float32 (channels,), by which networks scale pixels;
            None for those of x_train.
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
    title: str = ""
    published: bool | None = None
    notes: tuple[str, ...] = ()
    repeated: int = 0
    statistics: tuple[np.ndarray, np.ndarray] | None = None

    @functools.cached_property
    def test_sha256(self) -> str:
        """The sha256, in hex, of the test images and their labels in their order."""
        return digest((self.x_test, self.y_test))


def digest(arrays: Iterable[np.ndarray]) -> str:
    """The sha256, in hex, of arrays with their shapes and types, read in pieces that fit into memory."""
    whole = hashlib.sha256()
    for array in arrays:
        whole.update(f"{array.shape} {array.dtype.str}".encode())
        for start in range(0, len(array), CHUNK):
            whole.update(np.ascontiguousarray(array[start : start + CHUNK]).data)
    return whole.hexdigest()
