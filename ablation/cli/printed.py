"""Printing text for people."""

import shutil
import sys
from typing import TextIO

from ablation.wording import wrapped


def tell(text: str, hanging: int = 4, stream: TextIO | None = None) -> None:
    """Print: on a terminal as wide as it is, words whole and the rest of a line further in; elsewhere a line is one.

    Args:
        stream: standard output unless it is given.
    """
    where = sys.stdout if stream is None else stream
    print(wrapped(text, shutil.get_terminal_size().columns, hanging) if where.isatty() else text, file=where)
