"""Training accuracy of a study whose titles fill a grid."""

import itertools

import numpy as np
from matplotlib.figure import Figure

from ablation.analysis.learning import YES
from ablation.report import style
from ablation.report.findings import Findings
from ablation.report.style import BLUE, GREEN, MUTED, ORANGE, PURPLE, RED
from ablation.wording import percent

PLACE = 50
HEADING = "What still learns"
IN_PAGE = True
LINES = (BLUE, ORANGE, GREEN, PURPLE, RED, MUTED)


def shown_if(found: Findings) -> bool:
    """Whether there is something to show."""
    return not found.grid.empty


def draw(found: Findings, wide: bool = True) -> Figure:
    """Training accuracy of a study whose titles fill a grid: a line a network, hollow where not every seed learned."""
    with style.style(12 if wide else 10):
        figure = Figure(figsize=(9, 5.4) if wide else (style.NARROW, 4.2), layout="constrained")
        style.title(figure, "What still learns", found.setting)
        axes = figure.subplots()
        cells = found.grid
        chance = 1 / len(found.manifest["dataset"]["classes"])
        axes.axhline(chance, color=MUTED, linewidth=1, linestyle="--", label="chance")
        places = list(dict.fromkeys(cells["column"]))
        for (name, row), colour in zip(
            cells.groupby("row", sort=False), itertools.cycle(LINES), strict=False
        ):
            x = np.array([places.index(column) for column in row["column"]])
            y, learned = row["train_mean"].to_numpy(), (row["learns"] == YES).to_numpy()
            axes.plot(x, y, color=colour, linewidth=1.8)
            axes.plot(x[learned], y[learned], "o", color=colour, markersize=8, label=name)
            axes.plot(x[~learned], y[~learned], "o", color=colour, markersize=8, markerfacecolor="none")
        axes.plot([], [], "o", color=MUTED, markerfacecolor="none", label="some seed did not learn")
        axes.set_xticks(range(len(places)), [style.lines(place, 14) for place in places])
        axes.set_ylabel("training accuracy")
        axes.yaxis.set_major_formatter(style.Percents())
        figure.legend(loc="outside lower center", ncols=4 if wide else 2, frameon=False)
    return figure


def caption(found: Findings) -> str:
    """How to read it."""
    return "Mean training accuracy; filled where it is above chance for every seed, hollow where it is not."


def alt(found: Findings) -> str:
    """The figure in words."""
    said = [
        f"{row.row}, {row.column} {percent(row.train_mean)} (learns: {row.learns})"
        for row in found.grid.itertuples()
    ]
    return f"Training accuracy: {'; '.join(said)}."
