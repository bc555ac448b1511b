"""A folder with the four idx files, gzipped or not, in which Fashion-MNIST (like MNIST) is published."""

import gzip
import math
from pathlib import Path

import numpy as np

from ablation.data.dataset import Arrays, Dataset, checked
from ablation.data.formats.reading import reading
from ablation.errors import UserError

SPLITS = (("train", "train"), ("test", "t10k"))


def read(folder: Path, dataset: Dataset) -> Arrays:
    """Read the images and labels of both splits.

    Raises:
        UserError: a file is missing, truncated or no idx file.
    """
    arrays: list[np.ndarray] = []
    for what, stem in SPLITS:
        images = _read_file(_file(folder, f"{stem}-images-idx3-ubyte"), 3)
        labels = _read_file(_file(folder, f"{stem}-labels-idx1-ubyte"), 1)
        arrays += checked(folder, dataset, images, labels, what)
    return Arrays(*arrays)


def _file(folder: Path, name: str) -> Path:
    """The unpacked file where there is one, else the gzipped one."""
    plain = folder / name
    return plain if plain.is_file() else folder / f"{name}.gz"


def _read_file(file: Path, axes: int) -> np.ndarray:
    """Two zeros, an 8 for "bytes", the number of axes, each axis' length in four bytes, the content."""
    packed = file.suffix == ".gz"
    with reading(file, "gzip file" if packed else "idx file"):
        content = gzip.decompress(file.read_bytes()) if packed else file.read_bytes()
    start = 4 + 4 * axes
    shape = np.frombuffer(content[4:start], ">u4").tolist() if len(content) >= start else []
    if content[:4] != bytes([0, 0, 8, axes]) or len(content) != start + math.prod(shape):
        raise UserError(f"{file}: expected an idx file with {axes} axes, found {len(content)} other bytes")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
