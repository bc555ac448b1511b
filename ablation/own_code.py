"""A user's own tricks, layers, data sets, networks, designs and figures: files of a folder, found beside ours.

Only the command line (`--code DIR`) or the environment (`ABLATION_CODE`) names that folder. A study file or a results
folder cannot, so a stranger's YAML still runs nothing.
"""

import hashlib
import os
from pathlib import Path

from ablation.errors import UserError, did_you_mean

VARIABLE = "ABLATION_CODE"
HERE = Path(__file__).parent
ROOMS = {
    "tricks": "tricks",
    "layers": "layers",
    "data": "data/sources",
    "networks": "networks/families",
    "designs": "study/designs",
    "figures": "report/figures",
}


def use(folder: Path) -> None:
    """Take a folder's files from now on, in this process and in those it starts.

    Args:
        folder: holds any of the folders in `ROOMS`.

    Raises:
        UserError: it holds none of them, or a file whose name is no module's, or is one of ours.
    """
    rooms = [room for room in ROOMS if (folder / room).is_dir()]
    if not rooms:
        there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        hint = f"; found {', '.join(there[:5])}" if there else ", found no such folder"
        near = next((did_you_mean(name, ROOMS) for name in there if did_you_mean(name, ROOMS)), "")
        raise UserError(f"--code {folder}: expected one of {', '.join(ROOMS)} in it{hint}{near}")
    for room in rooms:
        for file in sorted((folder / room).glob("*.py")):
            if not file.stem.isidentifier():
                raise UserError(f"--code {room}/{file.name}: expected a name of letters, digits and _")
            if (HERE / ROOMS[room] / file.name).exists():
                raise UserError(f"--code {room}/{file.name}: there is one of that name here; rename yours")
    os.environ[VARIABLE] = str(folder.resolve())


def paths(room: str) -> list[str]:
    """Where a package looks for more modules: at most one folder.

    Args:
        room: one of `ROOMS`.
    """
    folder = _folder()
    return [str(folder / room)] if folder is not None and (folder / room).is_dir() else []


def digest() -> str:
    """sha256, in hex, of the names and contents of the folder's Python files; empty without a folder."""
    if not (files := sources()):
        return ""
    total = hashlib.sha256()
    for name, content in files.items():
        total.update(f"{name} {len(content)}\n".encode() + content)
    return total.hexdigest()


def sources() -> dict[str, bytes]:
    """Contents of the folder's Python files, by their paths below it; nothing without a folder."""
    folder = _folder()
    if folder is None:
        return {}
    files = (file for room in ROOMS for file in sorted((folder / room).rglob("*.py")))
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def _folder() -> Path | None:
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None
