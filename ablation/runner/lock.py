"""One writer a results folder."""

import contextlib
import datetime
import errno
import fcntl
import os
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ablation.errors import UserError

UNLOCKABLE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EIO)
OURS = re.compile(rb"(process \d+ on \S* since \S*\n?)?")
MOST_BYTES = 4096


@contextlib.contextmanager
def hold(folder: Path, lock: bool = True) -> Iterator[None]:
    """Hold a folder for this process; the system lets go of it when the process ends, in whatever way.

    Args:
        folder: is made where it is not there.
        lock: False to go without, on file systems that know no locks.

    Raises:
        UserError: another process holds it (the text says which, where and since when), it cannot be written, its
            file system has no locks, or its `.lock` is not a file of ours.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _opened(folder / ".lock") if lock else None
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error.strerror})") from error
    except ValueError as error:
        raise UserError(f"{str(folder)!r}: cannot be written ({error})") from error
    if file is None:
        yield
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read(MOST_BYTES).decode(errors="replace").strip()
            raise UserError(
                f"{folder}: another run is writing here ({holder}); wait for it, or choose --out"
            ) from None
        except OSError as error:
            raise UserError(_unlocked(folder, error)) from error
        _check_ours(file, folder)
        since = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        try:
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()} since {since}\n".encode())
        except OSError as error:
            raise UserError(f"{folder}: cannot be written ({error.strerror})") from error
        try:
            yield
        finally:
            file.truncate(0)


def _opened(path: Path) -> BinaryIO:
    """The lock file as it is: a link is not followed, a pipe not waited for, nothing in it changed.

    Raises:
        UserError: it is no regular file.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        file = os.fdopen(os.open(path, flags, 0o644), "r+b", buffering=0)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK) and path.is_symlink():
            raise UserError(f"{path}: expected a file of this project, found a link") from error
        raise
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise UserError(f"{path}: expected a file of this project, found no regular file")
    return file


def _check_ours(file: BinaryIO, folder: Path) -> None:
    file.seek(0)
    if not OURS.fullmatch(file.read(MOST_BYTES)):
        raise UserError(f"{folder}/.lock: expected a file of this project, found another's")


def _unlocked(folder: Path, error: OSError) -> str:
    if error.errno not in UNLOCKABLE:
        return f"{folder}: cannot be written ({error.strerror})"
    return (
        f"{folder}: its file system has no locks ({error.strerror}); choose --out elsewhere, or --no-lock where "
        "no other run writes here"
    )
