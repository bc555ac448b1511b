"""Where a data set lies on this machine."""

import os
from dataclasses import dataclass
from pathlib import Path

from ablation.data.dataset import Dataset, Place
from ablation.errors import UserError


@dataclass(frozen=True)
class Found:
    """A data set at hand.

    Attributes:
        where: the kind of folder, in words that name no machine.
        path: the file or folder to be read.
        place: the form it has.
    """

    where: str
    path: Path
    place: Place


def find(dataset: Dataset, data_dir: Path | None) -> Found | None:
    """Look for a data set in the data folder, then in the user's tfds and Keras caches.

    Args:
        dataset: which one.
        data_dir: the data folder; None takes the variable ABLATION_DATA_DIR, if it is set.

    Raises:
        UserError: the data folder does not exist.
    """
    for where, folder in _folders(dataset, data_dir):
        for place in dataset.places:
            if (folder / place.path).exists():
                return Found(where, folder / place.path, place)
    return None


def ways_out(dataset: Dataset) -> str:
    """What a user without this data set can do, as the close of an error."""
    places = ", ".join(place.path for place in dataset.places)
    return f"name a folder with one of {places} by --data-dir or ABLATION_DATA_DIR, or take --dataset shapes"


def _folders(dataset: Dataset, data_dir: Path | None) -> list[tuple[str, Path]]:
    named = data_dir or os.environ.get("ABLATION_DATA_DIR")
    if named and not Path(named).is_dir():
        name = "--data-dir" if data_dir else "ABLATION_DATA_DIR"
        raise UserError(f"{name} {named}: expected a folder that holds data sets, found none there")
    keras = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets"
    return [
        *([("the data folder", Path(named))] if named else []),
        ("the tfds cache", Path(os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets")).expanduser()),
        ("the Keras cache", keras),
        ("the Keras cache", keras / dataset.keras),
    ]
