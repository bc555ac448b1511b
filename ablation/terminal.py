"""What is written on a terminal: lines, what takes a moment, what stands around a table."""

import contextlib
import os
import sys
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ablation.wording import printable, wrapped


class Terminal(Console):
    """A console that goes on without a word where whoever read it has left (`ablation run ... | head`)."""

    def on_broken_pipe(self) -> None:
        """Write to nowhere from here on."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def say(self, text: str, command: str = "") -> None:
        """A plain line, on a terminal broken between words.

        Args:
            command: what can be copied, behind the text; one that does not fit there has a line of its own.
        """
        whole = f"{text} {command}".rstrip()
        if command and self.is_terminal and len(whole) > self.width:
            whole = f"{self._fitted(text)}\n{command}"
        elif not command:
            whole = self._fitted(text)
        self.print(whole, markup=False, highlight=False, soft_wrap=True)

    def busy(self, text: str) -> contextlib.AbstractContextManager[Any]:
        """Show on a terminal what takes a moment, for as long as it does."""
        return self.status(Text(text)) if self.is_terminal else contextlib.nullcontext()

    def _fitted(self, text: str) -> str:
        """Where a person reads, no word is cut in two; elsewhere a line stays one."""
        return wrapped(text, self.width, hanging=0) if self.is_terminal else text


def titled(title: str, table: Table, caption: str) -> Group:
    """A table between two texts that take a line's whole width, however narrow the table is."""
    return Group(Text(printable(title), style="bold"), table, Text(printable(caption), style="dim"))
