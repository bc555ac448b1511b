"""Test accuracy a rung, or the measure that decides."""

import numpy as np
from matplotlib.figure import Figure

from ablation.report import style
from ablation.report.findings import Findings
from ablation.report.series import TEST, titles, told, whiskers
from ablation.report.style import MUTED, RED

PLACE = 10
HEADING = "Rung by rung"
IN_PAGE = True


def shown_if(found: Findings) -> bool:
    """Whether there is something to show."""
    return True


def draw(found: Findings, wide: bool = True) -> Figure:
    """The measure that decides, a rung: mean with its 95 % interval, every seed, the lecture's published value."""
    rungs, done = found.drawn, found.done[found.done["design"] == found.design]
    figure, axes = style.rows(titles(found), wide)
    style.title(figure, f"{found.measure.title}, rung by rung", found.setting)
    heights = range(len(rungs))
    axes.errorbar(
        rungs["measure_mean"],
        heights,
        xerr=whiskers(rungs, "measure_mean", "measure_ci_"),
        fmt="o",
        color=TEST,
        markersize=8,
        capsize=4,
        linewidth=2,
        label="mean, 95 % interval" if rungs["n"].max() > 1 else "one seed, no interval",
    )
    seeds = [done.loc[done["step"] == step, found.measure.column].to_numpy() for step in rungs["step"]]
    if rungs["n"].max() > 1:
        below = np.repeat(np.arange(len(rungs)) + 0.27, [len(values) for values in seeds])
        axes.plot(np.concatenate(seeds), below, ".", color=MUTED, label="one seed")
    if _published(found):
        axes.plot(
            rungs["lecture_val"],
            heights,
            "D",
            markersize=7,
            markerfacecolor="none",
            markeredgecolor=RED,
            markeredgewidth=1.5,
            label="lecture",
        )
    style.right_column(axes, [found.scale.value(mean) for mean in rungs["measure_mean"]], TEST)
    style.measure_axis(axes, found.measure.phrase, found.scale)
    style.legend(figure, axes)
    return figure


def caption(found: Findings) -> str:
    """How to read it."""
    published = "; hollow: published by the lecture" if _published(found) else ""
    return f"Mean over seeds with its 95 % interval, every seed as a dot{published}."


def alt(found: Findings) -> str:
    """The figure in words."""
    values = [found.scale.value(mean) for mean in found.drawn["measure_mean"]]
    return told(found, f"{found.measure.title} a rung", values)


def _published(found: Findings) -> bool:
    """Whether the lecture's figures stand beside ours: where images and measure are the same."""
    return found.of_accuracy and not found.on_other_data and bool(found.drawn["lecture_val"].notna().any())
