"""One writer a results folder."""

import contextlib
import datetime
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from ablation.errors import UserError


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the system lets go of it when the process ends, in whatever way.

    Raises:
        UserError: another process holds it (the text says which, where and since when), or it cannot be
            written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("a+b", buffering=0)
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error.strerror})") from error
    except ValueError as error:
        raise UserError(f"{str(folder)!r}: cannot be written ({error})") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().decode(errors="replace").strip()
            raise UserError(
                f"{folder}: another run is writing here ({holder}); wait for it, or choose --out"
            ) from None
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
