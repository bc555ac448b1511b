"""One `.npz` file with x_train, y_train, x_test and y_test, as Keras' own loaders return them."""

import math
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ablation.data.dataset import Arrays, Dataset, checked
from ablation.data.formats.reading import reading
from ablation.errors import UserError


def read(file: Path, dataset: Dataset) -> Arrays:
    """Read the four arrays; nothing in the file is unpickled.

    Raises:
        UserError: the file is truncated or no npz, lacks an array, or an array is not as it should be.
    """
    found = members(file)
    missing = [key for key in Arrays._fields if key not in found]
    if missing:
        raise UserError(f"{file}: array {missing[0]} is missing; found {', '.join(found) or 'none'}")
    arrays = Arrays(*read_members(file, Arrays._fields))
    train = checked(file, dataset, arrays.x_train, arrays.y_train, "train")
    return Arrays(*train, *checked(file, dataset, arrays.x_test, arrays.y_test, "test"))


def members(file: Path) -> tuple[str, ...]:
    """The names of the arrays in an npz file.

    Raises:
        UserError: it is no npz file.
    """
    with reading(file, "npz file"), zipfile.ZipFile(file) as content:
        return tuple(name.removesuffix(".npy") for name in content.namelist())


def read_members(file: Path, keys: Iterable[str]) -> list[np.ndarray]:
    """Arrays of an npz file; none is pickled, and none claims more than the file holds of it.

    Raises:
        UserError: the file or one of these members is damaged, encrypted, or holds Python objects.
    """
    with reading(file, "npz file"), zipfile.ZipFile(file) as content:
        return [_member(file, content, key) for key in keys]


def _member(file: Path, content: zipfile.ZipFile, key: str) -> np.ndarray:
    name = f"{key}.npy" if f"{key}.npy" in content.namelist() else key
    with reading(file, f"npz file, array {key}"):
        with content.open(name) as packed:
            major, _ = np.lib.format.read_magic(packed)
            read_header = (
                np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
            )
            shape, _, kind = read_header(packed)
        claimed, there = math.prod(shape) * kind.itemsize, content.getinfo(name).file_size
        if not kind.hasobject and claimed > there:
            raise ValueError(f"its header claims {claimed:,} bytes, the member holds {there:,}")
        with content.open(name) as packed:
            return np.lib.format.read_array(packed, allow_pickle=False)
