"""Progress of a run: a live table on a terminal, one plain line an epoch elsewhere."""

import contextlib
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from ablation.runner.time_left import Label, TimeLeft
from ablation.terminal import Terminal
from ablation.wording import counted, duration

if TYPE_CHECKING:
    from ablation.train.loop import Progress

WIDEST = 80
SHOWN = ("loss", "accuracy", "val_accuracy")


class Watching(Protocol):
    """What a run tells, and to whom: `Display` shows it."""

    def note(self, text: str) -> None:
        """A line that stays."""

    def busy(self, text: str) -> contextlib.AbstractContextManager[None]:
        """Say what takes a moment, for as long as it does."""

    def start(
        self,
        total: int,
        kept: int,
        costs: Mapping[Label, float] | None = None,
        jobs: int | None = 1,
        look: str = "",
    ) -> None:
        """Before the first trial, of every look: how many there are to train, how many are kept from before.

        Args:
            costs: of each training, by title and seed, in a unit that its time goes by.
            jobs: trials at a time, None where it is not known.
            look: "look 2 of 4" of a run that gives seeds on demand.
        """

    def progress(self, title: str, seed: int, progress: "Progress") -> None:
        """A trial got on."""

    def finish(self, title: str, seed: int, record: dict[str, Any]) -> None:
        """A trial ended."""

    def end(self) -> None:
        """After the last trial, or where the run was stopped."""


class Display:
    """Shows a run's progress.

    Args:
        console: where to; a live table is drawn if it is a terminal.
    """

    def __init__(self, console: Terminal) -> None:
        self.console = console
        self._running: dict[Label, Any] = {}
        self._rows: dict[Label, dict[str, Any]] = {}
        self._total = self._done = 0
        self._look = ""
        self._began = time.monotonic()
        self._left = TimeLeft({}, 1, self._began)
        self._spinner = Spinner("dots")
        self._told = False
        self._live = (
            Live(console=console, refresh_per_second=4, transient=True, get_renderable=self._view)
            if console.is_terminal
            else None
        )

    def note(self, text: str) -> None:
        """A line that stays."""
        self.console.say(text)

    def busy(self, text: str) -> contextlib.AbstractContextManager[Any]:
        """Say on a terminal what takes a moment, for as long as it does."""
        return self.console.busy(text)

    def start(
        self,
        total: int,
        kept: int,
        costs: Mapping[Label, float] | None = None,
        jobs: int | None = 1,
        look: str = "",
    ) -> None:
        """As `Watching.start`."""
        self._look = f", {look}" if look else ""
        self._total, self._done, self._began = total, 0, time.monotonic()
        self._left = TimeLeft(costs or {}, jobs, self._began)
        self.note(f"{counted(total, 'trial')} to train" + (f", {kept} kept from before" if kept else ""))
        if self._live is not None and total:
            self._live.start()

    def progress(self, title: str, seed: int, progress: Any) -> None:
        """A trial got on."""
        label, now = (title, seed), time.monotonic()
        self._left.progress(label, (progress.epoch - 1 + progress.done) / progress.epochs, now)
        self._running[label] = progress
        if progress.row is not None:
            self._rows[label] = progress.row
        if self._live is None and progress.row is not None:
            row = progress.row
            self.note(
                f"[{self._done + 1}/{self._total}{self._look}] {title} seed {seed} "
                f"epoch {progress.epoch}/{progress.epochs}: "
                f"train {row['accuracy']:.3f} val {row['val_accuracy']:.3f} loss {row['loss']:.3f} "
                f"{progress.images_per_second:,.0f} images/s"
            )
        if self._live is None and not self._told and (seconds := self._left.seconds(now)):
            self._told = True
            self.note(f"about {_about(seconds)} left")

    def finish(self, title: str, seed: int, record: dict[str, Any]) -> None:
        """A trial ended."""
        self._left.finish((title, seed), time.monotonic())
        self._running.pop((title, seed), None)
        self._rows.pop((title, seed), None)
        self._done += 1
        self._told = True
        result = _result(record)
        left = self._time_left() if self._live is None else ""
        self.note(f"[{self._done}/{self._total}{self._look}] {title} seed {seed}: {result}{left}")

    def end(self) -> None:
        """After the last trial."""
        if self._live is not None:
            self._live.stop()

    def _time_left(self) -> str:
        seconds = self._left.seconds(time.monotonic())
        if self._done == self._total or seconds is None:
            return ""
        return f" (about {_about(seconds)} left)"

    def _share(self) -> float:
        under_way = sum((one.epoch - 1 + one.done) / one.epochs for one in list(self._running.values()))
        return (self._done + under_way) / max(self._total, 1)

    def _view(self) -> RenderableType:
        """A bar, how far the run is, and a row for each trial under way; at most 80 columns wide."""
        state = f"{self._done} of {counted(self._total, 'trial')} done{self._look}{self._time_left()}"
        state += f", {_about(time.monotonic() - self._began)} gone"
        bar = ProgressBar(total=1.0, completed=self._share(), width=min(self.console.width, WIDEST))
        running = list(self._running.items())
        self._spinner.update(text=state if running else f"{state}; compiling a network")
        head = Table.grid()
        head.add_row(bar)
        head.add_row(self._spinner)
        if not running:
            return head
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
        table.add_column("rung", no_wrap=True, overflow="ellipsis", max_width=24)
        for column in ("seed", "epoch", "loss", "train", "val", "images/s"):
            table.add_column(column, justify="right", no_wrap=True)
        for (title, seed), progress in running:
            row = self._rows.get((title, seed))
            figures = [f"{row[name]:.3f}" for name in SHOWN] if row else ["..."] * len(SHOWN)
            epoch = f"{progress.epoch}/{progress.epochs} {progress.done:4.0%}"
            table.add_row(Text(title), str(seed), epoch, *figures, f"{progress.images_per_second:,.0f}")
        return Group(head, table)


def _about(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else duration(seconds)


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
