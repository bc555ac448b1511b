"""`folder:PATH`: a folder a class, or `train`, `val` and `test` with a folder a class each."""

import os
from pathlib import Path

from ablation.data.own import Address
from ablation.data.own.collection import SPLITS, Collection, existing, labelled, looks_of, some
from ablation.errors import UserError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")


def key(address: Address, data_dir: Path | None) -> str:
    """Of all files."""
    root = existing(address.place, "folder", folder=True).resolve()
    images, others = _walk(root)
    return looks_of([file for _, _, file in images] + others)


def collect(address: Address, data_dir: Path | None) -> Collection:
    """Every file with an image's suffix, however deep in its class' folder.

    Raises:
        UserError: the folder has no class folders, fewer than two of them hold images, or folders of splits and others
            lie side by side.
    """
    root = existing(address.place, "folder", folder=True).resolve()
    images, others = _walk(root)
    classes, labels = labelled([name for _, name, _ in images])
    if len(classes) < 2:
        found = f"only {classes[0]}" if classes else "none"
        raise UserError(
            f"dataset folder:{address.place}: expected a folder of images for each class, two at least, found {found}"
        )
    names = [str(file.relative_to(root)) for _, _, file in images]
    notes: tuple[str, ...] = ()
    if others:
        shown = some([str(file.relative_to(root)) for file in others])
        notes = (f"{len(others)} file(s) that are no images by their names are left out: {shown}",)
    return Collection(
        classes, labels, [split for split, _, _ in images], names, lambda: (f for _, _, f in images), notes
    )


def _walk(root: Path) -> tuple[list[tuple[str, str, Path]], list[Path]]:
    """(split, class, file) of every image, and the other files."""
    tops = _folders(root)
    splits = [top for top in tops if top.name.lower() in SPLITS]
    if splits and len(splits) < len(tops):
        other = next(top.name for top in tops if top not in splits)
        raise UserError(
            f"{root.name}: expected folders of splits or of classes, found {splits[0].name} beside {other}"
        )
    roots = [(SPLITS[top.name.lower()], top) for top in splits] or [("", root)]
    images, others = [], []
    for split, top in roots:
        others += [Path(entry) for entry in _files(top)]
        for own in _folders(top):
            for folder, below, files in os.walk(own):
                below.sort()
                for name in sorted(files):
                    file = Path(folder, name)
                    if name.startswith("."):
                        continue
                    if file.suffix.lower() in SUFFIXES and (file.is_file() or file.is_symlink()):
                        images.append((split, own.name, file))
                    else:
                        others.append(file)
    return images, others


def _folders(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith((".", "__")))


def _files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if not one.is_dir() and not one.name.startswith("."))
