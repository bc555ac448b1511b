"""What accuracy costs in time and computation."""

import numpy as np
from matplotlib.figure import Figure

from ablation.report import style
from ablation.report.findings import Findings
from ablation.report.series import titles, told
from ablation.report.style import BLUE, MUTED
from ablation.wording import count, duration, percent

PLACE = 80
HEADING = "What accuracy costs"
IN_PAGE = True


def shown_if(found: Findings) -> bool:
    """Whether there is something to show."""
    return True


def draw(found: Findings, wide: bool = True) -> Figure:
    """Test accuracy against training time and against FLOPs, with the Pareto front of each."""
    table = found.table
    shown = (table["design"] == found.design) & (table["n"] > 0) & (table["control"] == "")
    costs, names = found.costs[shown][: len(found.drawn)], titles(found)
    height = max(4.2, 0.27 * len(names) + 1.2)
    with style.style(12 if wide else 10):
        size = (13, height + 0.6) if wide else (style.NARROW, 2 * height)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(1, 2) if wide else figure.subplots(2, 1)
        style.title(figure, "What accuracy costs", found.setting)
        for axes, column, front, name in (
            (panels[0], "train_seconds", "on_time_front", "training time of one trial"),
            (panels[1], "flops_per_image", "on_flops_front", "FLOPs of one image"),
        ):
            scale, unit = _unit(column, costs[column].max())
            x, y = (costs[column] / scale).to_numpy(), costs["test_mean"].to_numpy()
            best = costs[front].to_numpy()
            along = np.argsort(x[best])
            axes.plot(x[best][along], y[best][along], "o-", color=BLUE, markersize=8, label="Pareto front")
            axes.plot(x[~best], y[~best], "o", color=MUTED, markersize=8, label="not on the front")
            axes.locator_params(axis="x", nbins=5)
            if x.min() > 0 and x.max() / x.min() > 4:
                axes.set_xscale("log")
                axes.set_xticks(style.round_ticks(x.min(), x.max()))
                axes.minorticks_off()
            axes.margins(x=0.1, y=0.08)
            axes.xaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_major_formatter(style.percents())
            axes.set(xlabel=f"{name}, {unit}", ylabel="test accuracy")
            style.leaders(axes, x, y, names, height - 1.1)
        style.legend(figure, panels[0])
    return figure


def caption(found: Findings) -> str:
    """How to read it."""
    return "On the Pareto front, nothing cheaper is as accurate."


def alt(found: Findings) -> str:
    """The figure in words."""
    values = [
        f"{percent(row.test_mean)} in {duration(row.train_seconds)} and {count(row.flops_per_image)} FLOPs"
        for row in found.drawn.itertuples()
    ]
    return told(found, "Test accuracy against training time and FLOPs", values)


def _unit(column: str, highest: float) -> tuple[float, str]:
    """The unit in which an axis of costs up to `highest` is easiest to read, and its size."""
    if column == "train_seconds":
        return (1, "s") if highest < 180 else (60, "min") if highest < 7200 else (3600, "h")
    return (1e6, "MFLOP") if highest < 1e9 else (1e9, "GFLOP")
