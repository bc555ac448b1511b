"""Reading files that may be damaged: whatever a reader raises becomes one line that names the file."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ablation.errors import UserError


@contextlib.contextmanager
def reading(path: Path, form: str) -> Iterator[None]:
    """Turn any exception of a reader into a `UserError`: a damaged file raises nearly anything.

    Args:
        path: what is read; a pipe or device is refused, since reading one may never end.
        form: what it should be, e.g. "npz file".

    Raises:
        UserError: it is not a file or folder, or the reader failed.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UserError(f"{path}: expected a file, found a pipe or device")
    try:
        yield
    except UserError:
        raise
    except MemoryError as error:
        raise UserError(f"{path}: not a readable {form} (it claims more than memory holds)") from error
    except Exception as error:
        raise UserError(f"{path}: not a readable {form} ({short(error)})") from error


def short(error: Exception) -> str:
    """An exception's text on one line of at most 200 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]}..."
