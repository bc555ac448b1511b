"""A folder with the four gzipped idx files in which Fashion-MNIST (like MNIST) is published."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from ablation.data.dataset import Arrays, Dataset, checked
from ablation.errors import UserError


def read(folder: Path, dataset: Dataset) -> Arrays:
    """Read the images and labels of both splits.

    Raises:
        UserError: a file is missing, truncated or no idx file.
    """
    arrays: list[np.ndarray] = []
    for what, stem in (("train", "train"), ("test", "t10k")):
        images = _read_file(folder / f"{stem}-images-idx3-ubyte.gz", 3)
        labels = _read_file(folder / f"{stem}-labels-idx1-ubyte.gz", 1)
        arrays += checked(folder, dataset, images, labels, what)
    return Arrays(*arrays)


def _read_file(file: Path, axes: int) -> np.ndarray:
    """Two zeros, an 8 for "bytes", the number of axes, each axis' length in four bytes, the content."""
    try:
        with gzip.open(file) as packed:
            content = packed.read()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{file}: not a readable gzip file ({error})") from error
    start = 4 + 4 * axes
    shape = np.frombuffer(content[4:start], ">u4").tolist()
    if content[:4] != bytes([0, 0, 8, axes]) or len(content) != start + math.prod(shape):
        raise UserError(f"{file}: expected an idx file with {axes} axes, found {len(content)} other bytes")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
