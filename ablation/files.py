"""Files that appear whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from ablation.errors import UserError

UNFINISHED = ".part"


def check_replaceable(path: Path, mark: str) -> None:
    """Refuse to write over a file that is not one of ours.

    Args:
        path: of the file to be written.
        mark: what every file of this kind that we wrote has in it.

    Raises:
        UserError: something else lies there.
    """
    if path.is_symlink() or (path.exists() and not (path.is_file() and mark.encode() in path.read_bytes())):
        raise UserError(f"{path}: expected none, or one that this command wrote; found another's file")


def check_own_folder(folder: Path, known: Callable[[str], bool]) -> None:
    """Refuse to write between files that are none of ours.

    Args:
        folder: in which is to be written.
        known: whether a file of a name may be one of ours.

    Raises:
        UserError: other files lie there; hidden ones are in nobody's way.
    """
    there = sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []
    if others := [name for name in there if not name.startswith(".") and not known(name)]:
        named = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        raise UserError(f"{folder}: holds other files ({named}); choose another folder with --out")


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` so that a reader, or a crash at any moment, sees the old file or the new one, whole.

    Raises:
        UserError: the folder cannot be written (read-only, disk full).
    """
    with replacing(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to be written that takes the old one's place at the end.

    Raises:
        UserError: the folder cannot be written, or what lies there is no file.
    """
    temporary = None
    try:
        if path.exists() and not path.is_file():  # as root, a device would be replaced too
            raise UserError(f"{path}: expected a file's name, found a folder, pipe or device")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=UNFINISHED, dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror or error}); finished trials are kept"
        ) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink(missing_ok=True)
