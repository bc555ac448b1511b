"""Test accuracy a rung."""

import numpy as np
from matplotlib.figure import Figure

from ablation.report import style
from ablation.report.findings import Findings
from ablation.report.series import TEST, titles, told, whiskers
from ablation.report.style import MUTED, RED
from ablation.wording import percent

PLACE = 10
HEADING = "Test accuracy, rung by rung"
IN_PAGE = True
ENDS = ["test_ci_low", "test_ci_high"]


def shown_if(found: Findings) -> bool:
    """Whether there is something to show."""
    return True


def draw(found: Findings, wide: bool = True) -> Figure:
    """Test accuracy a rung: mean with its 95 % interval, every seed, the lecture's published value."""
    rungs, done = found.drawn, found.done[found.done["design"] == found.design]
    figure, axes = style.rows(titles(found), wide)
    style.title(figure, "Test accuracy, rung by rung", found.setting)
    heights = range(len(rungs))
    axes.errorbar(
        rungs["test_mean"],
        heights,
        xerr=whiskers(rungs.assign(**rungs[ENDS].clip(0, 1)), "test_mean", "test_ci_"),
        fmt="o",
        color=TEST,
        markersize=8,
        capsize=4,
        linewidth=2,
        label="mean, 95 % interval" if rungs["n"].max() > 1 else "one seed, no interval",
    )
    seeds = [done.loc[done["step"] == step, "test_accuracy"].to_numpy() for step in rungs["step"]]
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
    style.right_column(axes, [percent(mean) for mean in rungs["test_mean"]], TEST)
    style.accuracy_axis(axes, "test accuracy")
    style.legend(figure, axes)
    return figure


def caption(found: Findings) -> str:
    """How to read it."""
    published = "; hollow: published by the lecture" if _published(found) else ""
    return f"Mean over seeds with its 95 % interval, every seed as a dot{published}."


def alt(found: Findings) -> str:
    """The figure in words."""
    return told(found, "Test accuracy a rung", [percent(mean) for mean in found.drawn["test_mean"]])


def _published(found: Findings) -> bool:
    """Whether the lecture's figures stand beside ours: where the images are the same."""
    return not found.on_other_data and bool(found.drawn["lecture_val"].notna().any())
