"""What the system around this process has to give: POSIX, streams that take any text, frameworks that keep quiet."""

import codecs
import contextlib
import gc
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator

from ablation.errors import UserError

# TensorFlow reads the level when it is imported; 3 is ours, any other is the wish of someone who wants to read its log.
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "RAY_USAGE_STATS_ENABLED": "0"}
PLAIN = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "±": "+-", "×": "x", "…": "...", "→": "->", "\u00a0": " ", "\u202f": " "}
)


def home_of_keras() -> dict[str, str]:
    """Of a user without a home folder: Keras would make one named `~` in the working folder."""
    if os.path.expanduser("~") != "~":  # noqa: PTH111
        return {}
    return {"KERAS_HOME": os.path.join(tempfile.gettempdir(), ".keras")}  # noqa: PTH118


def refuse_windows() -> None:
    """Say at once that a system has not what the project is built on.

    Raises:
        UserError: there are no file locks as POSIX has them.
    """
    if importlib.util.find_spec("fcntl") is None or importlib.util.find_spec("resource") is None:
        raise UserError("this system is not supported; expected Linux or macOS (on Windows: WSL 2)")


def prepare_streams() -> None:
    """Let every text be written to the standard streams, whatever their encoding and even where they are closed.

    A character that the encoding lacks is replaced by a plain one, or by a question mark.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
    codecs.register_error("plain", _plain)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(PLAIN)
    return "".join(one if one.isascii() else "?" for one in text), error.end


@contextlib.contextmanager
def imports_uncollected() -> Iterator[None]:
    """Import large libraries sooner.

    What modules make stays, so Python's garbage collector would go through ever more objects and find nothing.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@contextlib.contextmanager
def frameworks_silenced() -> Iterator[None]:
    """Keep what Keras' backends and Ray write to the error stream from the terminal, here and in processes begun here.

    Their libraries write from native code, before and after a level can be set, so the stream itself is led away.
    Whoever sets `TF_CPP_MIN_LOG_LEVEL` to less than 3 reads everything.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") != QUIET["TF_CPP_MIN_LOG_LEVEL"]:
        yield
        return
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
