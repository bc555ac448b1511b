"""Where a data set lies on this machine."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ablation.data.dataset import Place
from ablation.errors import UserError

SHOWN = 6


class InFiles(Protocol):
    """What of a data set decides where it is looked for; see `ablation.data.published.Published`."""

    @property
    def title(self) -> str: ...
    @property
    def places(self) -> tuple[Place, ...]: ...
    @property
    def keras(self) -> str: ...


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


def find(dataset: InFiles, data_dir: Path | None) -> Found | None:
    """Look for a data set in the data folder, or, where none is named, in the user's tfds and Keras caches.

    The data folder may also be the data set's own, such as `cifar10/3.0.2`, where that is plain.

    Args:
        dataset: which one.
        data_dir: the data folder; None takes the variable ABLATION_DATA_DIR, if it is set.

    Returns:
        None where no data folder is named and no cache holds it.

    Raises:
        UserError: the data folder does not exist, or does not hold the data set.
    """
    named = data_dir or os.environ.get("ABLATION_DATA_DIR")
    if not named:
        for where, folder in _caches(dataset):
            for place in dataset.places:
                if (folder / place.path).exists():
                    return Found(where, folder / place.path, place)
        return None
    option = "--data-dir" if data_dir else "ABLATION_DATA_DIR"
    folder = Path(named)
    if not folder.is_dir():
        raise UserError(f"{option} {named}: expected a folder that holds data sets, found none there")
    for place in dataset.places:
        for path in _paths(folder, place):
            if path.exists():
                return Found("the data folder", path, place)
    for place in dataset.places:
        if place.is_it(folder):
            return Found("the data folder", folder, place)
    raise UserError(
        f"{dataset.title} is not at hand in {option} {named}: {_content(folder, dataset)}; {ways_out(dataset)}"
    )


def ways_out(dataset: InFiles) -> str:
    """What a user without this data set can do, as the close of an error."""
    places = ", ".join(place.path for place in dataset.places)
    return f"name a folder with one of {places} by --data-dir or ABLATION_DATA_DIR, or take --dataset shapes"


def at_home(path: str) -> Path | None:
    """A path in which `~` may stand for the user's home; None for a user without one."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return None


def _paths(folder: Path, place: Place) -> Iterator[Path]:
    """The place in the data folder, and what it would be if the folder were itself a part of that path."""
    yield folder / place.path
    parts, own = Path(place.path).parts, folder.resolve().parts
    for known in range(1, len(parts) + 1):
        if own[-known:] == parts[:known]:
            yield folder.joinpath(*parts[known:])


def _caches(dataset: InFiles) -> list[tuple[str, Path]]:
    tfds = at_home(os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets"))
    keras = at_home(os.environ.get("KERAS_HOME", "~/.keras"))
    found = [("the tfds cache", tfds)]
    if keras:
        found += [
            ("the Keras cache", keras / "datasets"),
            ("the Keras cache", keras / "datasets" / dataset.keras),
        ]
    return [(where, folder) for where, folder in found if folder]


def _content(folder: Path, dataset: InFiles) -> str:
    """What lies in a folder that lacks the data set, and where it may be instead."""
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
        for entry in entries:
            for place in dataset.places:
                if entry.is_dir() and (entry / place.path).exists():
                    return f"{place.path} lies in its folder {entry.name}: give that one"
        tops = dict.fromkeys(Path(place.path).parts[0] for place in dataset.places)
        for top in tops:
            if (folder / top).is_dir():
                return f"there lies {top} with {_names([entry.name for entry in (folder / top).iterdir()])}"
        return f"there lies {_names([entry.name for entry in entries])}"
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


def _names(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (", ".join(sorted(names)[:SHOWN]) or "nothing") + more
