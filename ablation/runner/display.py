"""Progress of a run: a live table on a terminal, one plain line an epoch elsewhere."""

import os
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ablation.wording import counted

if TYPE_CHECKING:
    from ablation.train.loop import Progress


class Watching(Protocol):
    """What a run tells, and to whom: `Display` shows it."""

    def note(self, text: str) -> None:
        """A line that stays."""

    def start(self, total: int, kept: int) -> None:
        """Before the first trial: how many there are to train, how many are kept from before."""

    def progress(self, title: str, seed: int, progress: "Progress") -> None:
        """A trial got on."""

    def finish(self, title: str, seed: int, record: dict[str, Any]) -> None:
        """A trial ended."""

    def end(self) -> None:
        """After the last trial, or where the run was stopped."""


class Terminal(Console):
    """A console that goes on without a word where whoever read it has left (`ablation run ... | head`)."""

    def on_broken_pipe(self) -> None:
        """Write to nowhere from here on."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def say(self, text: str) -> None:
        """One plain line, as long as it is."""
        self.print(text, markup=False, highlight=False, soft_wrap=True)


class Display:
    """Shows a run's progress.

    Args:
        console: where to; a live table is drawn if it is a terminal.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live = (
            Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        )
        self._running: dict[tuple[str, int], Any] = {}
        self._total = self._done = 0
        self._began = time.monotonic()

    def note(self, text: str) -> None:
        """A line that stays."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def start(self, total: int, kept: int) -> None:
        """Before the first trial: how many there are to train, how many are kept from before."""
        self._total, self._done, self._began = total, 0, time.monotonic()
        self.note(f"{counted(total, 'trial')} to train" + (f", {kept} kept from before" if kept else ""))
        if self._live is not None and total:
            self._live.start()

    def progress(self, title: str, seed: int, progress: Any) -> None:
        """A trial got on."""
        self._running[title, seed] = progress
        if self._live is not None:
            self._live.update(self._table())
        elif progress.row is not None:
            row = progress.row
            self.note(
                f"[{self._done + 1}/{self._total}] {title} seed {seed} epoch {progress.epoch}/{progress.epochs}: "
                f"train {row['accuracy']:.3f} val {row['val_accuracy']:.3f} loss {row['loss']:.3f} "
                f"{progress.images_per_second:,.0f} images/s"
            )

    def finish(self, title: str, seed: int, record: dict[str, Any]) -> None:
        """A trial ended."""
        self._running.pop((title, seed), None)
        self._done += 1
        result = _result(record)
        self.note(f"[{self._done}/{self._total}] {title} seed {seed}: {result}{self._time_left()}")
        if self._live is not None:
            self._live.update(self._table())

    def end(self) -> None:
        """After the last trial."""
        if self._live is not None:
            self._live.stop()

    def _time_left(self) -> str:
        left = self._total - self._done
        if not left:
            return ""
        seconds = (time.monotonic() - self._began) / self._done * left
        return f" (about {seconds / 60:.0f} min left)" if seconds >= 90 else f" (about {seconds:.0f} s left)"

    def _table(self) -> Table:
        table = Table(
            title=f"{self._done} of {self._total} trials done{self._time_left() if self._done else ''}"
        )
        for column in ("rung", "seed", "epoch", "val accuracy", "images/s"):
            table.add_column(column, justify="left" if column == "rung" else "right")
        for (title, seed), progress in self._running.items():
            known = progress.row or {}
            accuracy = f"{known['val_accuracy']:.3f}" if known else "..."
            epoch = f"{progress.epoch}/{progress.epochs} {progress.done:4.0%}"
            table.add_row(Text(title), str(seed), epoch, accuracy, f"{progress.images_per_second:,.0f}")
        return table


def _result(record: dict[str, Any]) -> str:
    """A finished trial in a few words; of one without test images, how it did on validation."""
    if record["status"] != "done":
        return f"{record['status']}: {record['error']}"
    tested = record["test_accuracy"] is not None
    figures = (
        f"test {record['test_accuracy']:.3f} gap {record['gap']:.3f}"
        if tested
        else f"val {record['val_accuracy']:.3f}"
    )
    return f"{figures} in {record['train_seconds']:.0f} s"
