"""The same from Python as from the command line: `from ablation import Study, run`."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ablation import own_code, system
from ablation.errors import UserError
from ablation.results import read as results
from ablation.runner.options import OptionError, options_of, whole_number
from ablation.study import Study, load

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ablation.report.findings import Findings

__all__ = ["Study", "StudyResults", "read", "run"]


@dataclass(frozen=True)
class StudyResults:
    """A results folder as tables and figures; each is computed when it is first asked for.

    Attributes:
        folder: where it lies.
    """

    folder: Path

    @functools.cached_property
    def _findings(self) -> "Findings":
        from ablation.report import findings

        return findings.collect(results.load(self.folder))

    @property
    def trials(self) -> pd.DataFrame:
        """`trials.csv`: a row a trial of a design; accuracies are fractions, times seconds."""
        return self._findings.results.trials

    @property
    def epochs(self) -> pd.DataFrame:
        """`epochs.csv`: a row an epoch."""
        return self._findings.results.epochs

    @property
    def summary(self) -> pd.DataFrame:
        """A row a step of a design: means, intervals, difference from the base, verdict (`analysis.summary`)."""
        return self._findings.table

    @property
    def contributions(self) -> pd.DataFrame:
        """What each design says each trick adds (`analysis.contributions`)."""
        return self._findings.contributions

    @property
    def budgets(self) -> pd.DataFrame:
        """Each step's delta by number of epochs; empty without several budgets (`analysis.budgets`)."""
        return self._findings.budgets

    @property
    def protocols(self) -> pd.DataFrame:
        """Honest and lecture protocol side by side; empty without both (`analysis.protocols`)."""
        return self._findings.protocols

    @property
    def headline(self) -> str:
        """The result in one or two sentences."""
        from ablation.report.headline import headline

        return headline(self._findings)

    def ladder(self) -> "Figure":
        """Test accuracy a rung."""
        return self._figure("ladder")

    def gap(self) -> "Figure":
        """Train, validation and test accuracy a rung."""
        return self._figure("gap")

    def delta(self) -> "Figure":
        """What each rung changes against its base."""
        return self._figure("delta")

    def designs(self) -> "Figure":
        """What each trick adds, by design."""
        return self._figure("designs")

    def grid(self) -> "Figure":
        """Training accuracy of a study whose titles fill a grid, such as depth by fix."""
        return self._figure("grid")

    def budget(self) -> "Figure":
        """What each step changes, by number of epochs."""
        return self._figure("budgets")

    def protocol(self) -> "Figure":
        """What reading the test curve adds."""
        return self._figure("protocols")

    def cost(self) -> "Figure":
        """Test accuracy against training time and FLOPs."""
        return self._figure("cost")

    def curves(self) -> "Figure":
        """Learning curves."""
        return self._figure("curves")

    def _repr_html_(self) -> str:
        """The table of verdicts, as a notebook shows the results when a cell ends with them."""
        from ablation.report import notebook

        return notebook.html(self._findings)

    def report(self) -> Path:
        """Write tables, figures and pages into the folder; the page's path."""
        from ablation import report

        report.write(self.folder)
        return self.folder / "report.html"

    def _figure(self, name: str) -> "Figure":
        """A figure.

        Raises:
            UserError: the folder has nothing to show in it.
        """
        from ablation.report import figures

        drawings = figures.drawings(self._findings)
        if name not in drawings:
            raise UserError(
                f"{self.folder}: nothing to show in '{name}'; expected one of {', '.join(drawings)}"
            )
        return drawings[name].draw(self._findings)


def read(folder: Path | str) -> StudyResults:
    """A results folder that a run left.

    Raises:
        UserError: it is not one, or no trial of it is done.
    """
    found = StudyResults(Path(folder))
    found._findings  # noqa: B018
    return found


def run(
    study: Study | str | Path,
    *,
    orders: int | None = None,
    quiet: bool = False,
    code: Path | str | None = None,
    **options: Any,
) -> StudyResults:
    """Train what is not there yet and read the results.

    Args:
        study: a loaded study, its name, or a .yaml file.
        orders: how many orders the design `orders` draws; None for what the study says.
        quiet: show no progress.
        code: folder of the user's own tricks, layers, data sets, networks, ... for this run (`ablation.own_code`); None
            for the one that the environment names, if any.
        options: the fields of `ablation.runner.options.Options`: preset, dataset, data_dir, designs, budgets, protocol,
            controls, steps, seeds (a number of seeds, or the seeds themselves), resolve (seeds on demand; with it
            max_seeds and hours), sets, out, jobs (1), ... More than one job needs `if __name__ == "__main__":` in a
            script: each process imports it.

    Raises:
        UserError: as the command line says them.
    """
    system.refuse_windows()
    asked = options_of(options)
    with own_code.in_use(None if code is None else Path(code)):
        chosen = study if isinstance(study, Study) else load(str(study))
        if orders is not None:
            chosen = chosen.replace(orders=_orders(orders))
        with system.frameworks_silenced():
            from ablation.runner.display import Display
            from ablation.runner.run import run as train
            from ablation.terminal import Terminal

            outcome = train(chosen, asked, Display(Terminal(quiet=quiet)))
    return read(outcome.folder)


def _orders(found: int) -> int:
    try:
        return whole_number(found)
    except ValueError as error:
        raise OptionError("orders", str(error)) from None
