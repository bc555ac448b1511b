"""Tables, figures and report of a results folder, rebuilt from that folder alone: no Keras, no TensorFlow."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Group
from rich.table import Table

from ablation.files import write_atomically
from ablation.report import answers as answering
from ablation.report import figures, findings, headline, page, sheets, style, text
from ablation.results.read import Results, load
from ablation.wording import printable

__all__ = ["Closing", "closing", "evaluations_table", "write"]


def write(folder: Path) -> list[Path]:
    """Write `summary.csv`, `contributions.csv`, `figures/*.png`, `report.md` and `report.html` into a results folder,
    and `classes.csv` and `turned.csv` where they have a row.

    Args:
        folder: a results folder, finished or not.

    Returns:
        The files written.

    Raises:
        UserError: it is no results folder, no trial of it is done, or it cannot be written.
    """
    return closing(load(folder)).write()


@dataclass(frozen=True)
class Closing:
    """What a run ends with: its words in the terminal, its report.

    Attributes:
        found: its results, analysed once.
    """

    found: findings.Findings

    @property
    def table(self) -> Group:
        """The rungs: accuracies in percent, differences in points."""
        return text.terminal(self.found)

    @property
    def headline(self) -> str:
        """The result in one or two sentences, every figure in them computed."""
        return printable(headline.headline(self.found))

    @property
    def answers(self) -> list[str]:
        """What the run's designs, controls, budgets and protocols say, a sentence each."""
        return [printable(one) for one in answering.answers(self.found)]

    def write(self) -> list[Path]:
        """As `write`, into the folder that was read."""
        folder, found = self.found.results.folder.path, self.found
        drawn = {name: style.png(figure.draw(found)) for name, figure in figures.drawings(found).items()}
        files: dict[str, bytes | str] = {
            "summary.csv": found.table.to_csv(index=False, float_format="%.12g"),
            "contributions.csv": found.contributions.to_csv(index=False, float_format="%.12g"),
            **{
                name: table.to_csv(index=False, float_format="%.12g")
                for name, table in (("classes.csv", found.classes), ("turned.csv", found.turned))
                if len(table)
            },
            **{f"figures/{name}.png": image for name, image in drawn.items()},
            "report.md": text.markdown(found, drawn, sheets.sheets(found)),
            "report.html": page.html(found),
        }
        for name, content in files.items():
            write_atomically(folder / name, content)
        return [folder / name for name in files]


def closing(results: Results) -> Closing:
    """What a run ends with.

    Raises:
        UserError: no trial is done.
    """
    return Closing(findings.collect(results))


def evaluations_table(results: Results) -> Table:
    """What the saved models do on other test images, for the terminal.

    Raises:
        UserError: no trial is done, or `evaluations.csv` is damaged.
    """
    return text.evaluations(findings.collect(results))
