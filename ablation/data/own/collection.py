"""A user's images before they are decoded: what there is, by name, class and split."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ablation.errors import UserError

SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
Item = Path | bytes | np.ndarray


@dataclass(frozen=True)
class Collection:
    """A user's images.

    Attributes:
        classes: names, in the order of the labels.
        labels: int32, shape (n,).
        splits: of each image `train`, `val`, `test`, or empty where none is given.
        names: of each image, for what is told about it.
        items: goes through them: a file, a file's content, or pixels, uint8, shape (height, width, channels).
        notes: what the user should hear.
    """

    classes: tuple[str, ...]
    labels: np.ndarray
    splits: Sequence[str]
    names: Sequence[str]
    items: Callable[[], Iterator[Item]]
    notes: tuple[str, ...] = ()


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Class names alphabetically, whole numbers by size."""
    found = set(names)
    numbers = all(name.removeprefix("-").isdecimal() for name in found)
    return tuple(sorted(found, key=int if numbers else None))


def labelled(
    names: Sequence[str], classes: Sequence[str] | None = None
) -> tuple[tuple[str, ...], np.ndarray]:
    """Classes and labels, int32, of images that are named by their class."""
    ordered = tuple(classes) if classes else in_order(names)
    places = {name: place for place, name in enumerate(ordered)}
    return ordered, np.array([places[name] for name in names], np.int32)


def looks_of(paths: Iterable[Path]) -> str:
    """A hash of files' names, sizes and times, which changes when they are written to."""
    whole = hashlib.sha256()
    for path in paths:
        try:
            found = path.stat()
            whole.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode(errors="surrogateescape"))
        except OSError:
            whole.update(f"{path}\0gone\n".encode(errors="surrogateescape"))
    return whole.hexdigest()


def existing(place: str, kind: str, folder: bool = False) -> Path:
    """The file, or folder, that a place names.

    Raises:
        UserError: there is none.
    """
    try:
        path = Path(place).expanduser()
    except RuntimeError:
        path = Path(place)
    wanted = "a folder" if folder else "a file"
    if not (path.is_dir() if folder else path.is_file()):
        found = "nothing" if not path.exists() else "a file" if path.is_file() else "a folder or pipe"
        raise UserError(f"dataset {kind}:{place}: expected {wanted}, found {found} there")
    return path


def some(names: Sequence[str], most: int = 3) -> str:
    """The first few names, and how many more."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
