"""Tables, figures and report of a results folder, rebuilt from that folder alone: no Keras, no TensorFlow."""

from pathlib import Path

from rich.table import Table

from ablation.files import write_atomically
from ablation.report import answers as answering
from ablation.report import figures, findings, page, sheets, style, text
from ablation.report.escape import printable
from ablation.results.read import Results, load

__all__ = ["answers", "headline", "terminal_table", "write"]


def write(folder: Path) -> list[Path]:
    """Write `summary.csv`, `contributions.csv`, `figures/*.png`, `report.md` and `report.html` into a results folder.

    Args:
        folder: a results folder, finished or not.

    Returns:
        The files written.

    Raises:
        UserError: it is no results folder, no trial of it is done, or it cannot be written.
    """
    found = findings.collect(load(folder))
    drawn = {name: style.png(figure.draw(found)) for name, figure in figures.drawings(found).items()}
    files: dict[str, bytes | str] = {
        "summary.csv": found.table.to_csv(index=False, float_format="%.12g"),
        "contributions.csv": found.contributions.to_csv(index=False, float_format="%.12g"),
        **(
            {"classes.csv": found.classes.to_csv(index=False, float_format="%.12g")}
            if len(found.classes)
            else {}
        ),
        **{f"figures/{name}.png": image for name, image in drawn.items()},
        "report.md": text.markdown(found, drawn, sheets.sheets(found)),
        "report.html": page.html(found),
    }
    for name, content in files.items():
        write_atomically(folder / name, content)
    return [folder / name for name in files]


def terminal_table(results: Results) -> Table:
    """The rungs as a table for the terminal: accuracies in percent, differences in points.

    Raises:
        UserError: no trial is done.
    """
    return text.terminal(findings.collect(results))


def headline(results: Results) -> str:
    """The result in one or two sentences, every figure in them computed.

    Raises:
        UserError: no trial is done.
    """
    return printable(findings.headline(findings.collect(results)))


def answers(results: Results) -> list[str]:
    """What the run's designs, controls, budgets and protocols say, a sentence each.

    Raises:
        UserError: no trial is done.
    """
    return [printable(one) for one in answering.answers(findings.collect(results))]


def evaluations_table(results: Results) -> Table:
    """What the saved models do on other test images, for the terminal.

    Raises:
        UserError: no trial is done, or `evaluations.csv` is damaged.
    """
    return text.evaluations(findings.collect(results))
