"""Which images are for training, for validation and for testing."""

import hashlib

import numpy as np


def shuffled(images: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """A random order of the images that depends on the images and the seed alone, not on the order they
    came in.

    The files of one data set hold its images in different orders; so every one of them gives the same splits.

    Returns:
        Indices, shape (n,).
    """
    key = str(seed).encode()
    digests = b"".join(
        hashlib.blake2b(image.data, digest_size=8, key=key, salt=bytes([label])).digest()
        for image, label in zip(images.reshape(len(images), -1), labels.tolist(), strict=True)
    )
    return np.argsort(np.frombuffer(digests, "<u8"), kind="stable")


def shares(number: int, available: np.ndarray) -> np.ndarray:
    """Share `number` images out among the classes as evenly as `available`, shape (classes,), permits."""
    given = np.zeros_like(available)
    while number:
        open_ = np.flatnonzero(given < available)
        each = min(number // len(open_), int((available - given)[open_].min()))
        if each:
            given[open_] += each
            number -= each * len(open_)
        else:
            most = np.argsort(-available[open_], kind="stable")[:number]
            given[open_[most]] += 1
            number = 0
    return given


def stratified(
    order: np.ndarray, labels: np.ndarray, classes: int, number: int
) -> tuple[np.ndarray, np.ndarray]:
    """Take `number` of the images in `order`, as many of each class as can be; the first of each class go.

    Args:
        order: indices into labels, shape (m,), m at least `number`.
        labels: shape (n,).
        classes: how many classes there are.
        number: how many to take.

    Returns:
        The indices taken and those left, both in the sequence of `order`.
    """
    own = labels[order]
    limits = shares(number, np.bincount(own, minlength=classes))
    rank = np.empty(len(order), int)
    for label in range(classes):
        here = np.flatnonzero(own == label)
        rank[here] = np.arange(len(here))
    taken = rank < limits[own]
    return order[taken], order[~taken]
