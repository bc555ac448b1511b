"""Learning curves, a panel a rung."""

import math

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ablation.report import style
from ablation.report.findings import Findings
from ablation.report.series import CURVES, curve, mean_curve, titles

PLACE = 90
HEADING = "Learning curves"
IN_PAGE = False
MOST_SEEDS = 100


def shown_if(found: Findings) -> bool:
    """Whether there is something to show."""
    return True


def draw(found: Findings, wide: bool = True) -> Figure:
    """Learning curves, one panel a rung on shared axes: every seed thin, their mean thick."""
    rungs = found.drawn
    columns = min(4, len(rungs))
    lines = math.ceil(len(rungs) / columns)
    width, height = max(3.1 * columns + 1, 7.0), 2.4 * lines + 1.5
    with style.style(11):
        figure = Figure(figsize=(width, height))
        grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
        edges = {
            "left": 0.8 / width,
            "right": 1 - 0.2 / width,
            "bottom": 1 / height,
            "top": 1 - 1.05 / height,
        }
        figure.subplots_adjust(**edges, wspace=0.08, hspace=0.28)
        style.title(figure, "Learning curves", found.setting)
        for axes, step, name in zip(grid, rungs["step"], titles(found), strict=False):
            for column, colour, label in CURVES:
                seeds = curve(found, found.design, step, column)
                each = [np.column_stack([seeds.index, seeds[seed]]) for seed in seeds.columns[:MOST_SEEDS]]
                axes.add_collection(LineCollection(each, colors=colour, linewidths=0.7, alpha=0.5))
                mean = mean_curve(seeds)
                axes.plot(mean.index, mean, color=colour, linewidth=2.2, label=label)
            axes.set_title(style.line(name, 30), fontsize=11)
        for axes in grid[len(rungs) :]:
            axes.set_axis_off()
        for axes in grid[len(rungs) - columns : len(rungs)]:
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("epoch")
        for axes in grid[::columns]:
            axes.set_ylabel("accuracy")
        grid[0].yaxis.set_major_formatter(style.Percents())
        grid[0].xaxis.set_major_locator(MaxNLocator(5, integer=True))
        style.legend(figure, grid[0])
    return figure


def caption(found: Findings) -> str:
    """How to read it."""
    return "Running training accuracy and validation accuracy; every seed thin, their mean thick."


def alt(found: Findings) -> str:
    """The figure in words."""
    return f"Learning curves of {', '.join(titles(found))}."
