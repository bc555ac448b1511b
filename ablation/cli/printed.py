"""Printing text for people."""

import shutil
import sys

from ablation.wording import wrapped


def tell(text: str, hanging: int = 4) -> None:
    """Print: on a terminal as wide as it is, words whole and the rest of a line further in; elsewhere a line is one."""
    print(wrapped(text, shutil.get_terminal_size().columns, hanging) if sys.stdout.isatty() else text)
