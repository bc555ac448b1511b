"""Images known by their content: one digest an image, and one of a whole data set in any order."""

import hashlib
import math
from collections.abc import Iterable

import numpy as np


def digests(images: np.ndarray, labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """One number an image that depends on its pixels, its label and the seed alone.

    Args:
        images: uint8, shape (n, height, width, channels).
        labels: integers of 0 or more, shape (n,).
        seed: 0 or more.

    Returns:
        uint64, shape (n,).
    """
    key = str(seed).encode()
    found = b"".join(
        hashlib.blake2b(image.data, digest_size=8, key=key, salt=label.to_bytes(8, "little")).digest()
        for image, label in zip(
            images.reshape(len(images), math.prod(images.shape[1:])), labels.tolist(), strict=True
        )
    )
    return np.frombuffer(found, "<u8")


def repeated(train: np.ndarray, test: np.ndarray) -> int:
    """How many test images stand among the training images too, to the last byte, whatever their labels.

    Args:
        train, test: uint8, shapes (n, height, width, channels) and (m, height, width, channels).
    """
    seen, tested = (digests(images, np.zeros(len(images), np.int64)) for images in (train, test))
    return int(np.isin(tested, seen).sum())


def fingerprint(splits: Iterable[np.ndarray]) -> str:
    """The sha256, in hex, of a data set whatever the order of its images.

    Args:
        splits: the `digests` of each split under seed 0, training images first.
    """
    whole = hashlib.sha256()
    for split in splits:
        whole.update(f"{len(split)} ".encode())
        whole.update(np.sort(split).astype("<u8").tobytes())
    return whole.hexdigest()
