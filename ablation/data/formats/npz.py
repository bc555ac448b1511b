"""One `.npz` file with x_train, y_train, x_test and y_test, as Keras' own loaders return them."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from ablation.data.dataset import Arrays, Dataset, checked
from ablation.errors import UserError


def read(file: Path, dataset: Dataset) -> Arrays:
    """Read the four arrays; nothing in the file is unpickled.

    Raises:
        UserError: the file is truncated or no npz, lacks an array, or an array is not as it should be.
    """
    try:
        with zipfile.ZipFile(file), np.load(file, allow_pickle=False) as content:
            missing = [key for key in Arrays._fields if key not in content]
            if missing:
                raise UserError(
                    f"{file}: array {missing[0]} is missing; found {', '.join(content.files) or 'none'}"
                )
            arrays = Arrays(*(content[key] for key in Arrays._fields))
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{file}: not a readable npz file ({error})") from error
    train = checked(file, dataset, arrays.x_train, arrays.y_train, "train")
    return Arrays(*train, *checked(file, dataset, arrays.x_test, arrays.y_test, "test"))
