"""What stands around a table on a terminal."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ablation.wording import printable


def titled(title: str, table: Table, caption: str) -> Group:
    """A table between two texts that take a line's whole width, however narrow the table is."""
    return Group(Text(printable(title), style="bold"), table, Text(printable(caption), style="dim"))
