"""What accuracy, or the measure that decides, costs in time and computation."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ablation.report import style
from ablation.report.findings import Findings
from ablation.report.series import titles, told
from ablation.report.style import BLUE, MUTED
from ablation.wording import count, duration

PLACE = 80
HEADING = "What it costs"
IN_PAGE = True
TIMES = ((3600, "h"), (60, "min"), (1, "s"))
FLOPS = ((1e9, "GFLOP"), (1e6, "MFLOP"), (1e3, "kFLOP"))
MOST_LINEAR = 10


def shown_if(found: Findings) -> bool:
    """Whether there is something to show."""
    return True


def draw(found: Findings, wide: bool = True) -> Figure:
    """The measure that decides against FLOPs, with a front of separable steps, and against time with its spread."""
    table = found.table
    shown = (table["design"] == found.design) & (table["n"] > 0) & (table["control"] == "")
    costs, names = found.costs[shown][: len(found.drawn)], titles(found)
    values = costs["measure_mean"].to_numpy()
    height = max(4.2, 0.27 * len(names) + 1.2)
    with style.style(12 if wide else 10):
        size = (13, height + 0.6) if wide else (style.NARROW, 2 * height)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(1, 2) if wide else figure.subplots(2, 1)
        style.title(figure, f"What {found.measure.phrase} costs", found.setting)
        (flops,), flops_unit = _in_unit(costs["flops_per_image"], FLOPS)
        (seconds, fastest, slowest), time_unit = _in_unit(
            costs["train_seconds"], TIMES, costs["fastest"], costs["slowest"]
        )
        on_front = costs["on_flops_front"].to_numpy(bool)
        if on_front.sum() > 1:
            front = np.flatnonzero(on_front)[np.argsort(flops[on_front])]
            panels[0].plot(
                flops[front],
                values[front],
                "o-",
                color=BLUE,
                markersize=8,
                label="up, beyond chance",
                zorder=3,
            )
        panels[0].plot(flops, values, "o", color=MUTED, markersize=8, label="a rung")
        panels[1].errorbar(
            seconds,
            values,
            xerr=[seconds - fastest, slowest - seconds],
            fmt="o",
            color=MUTED,
            markersize=8,
            linewidth=1.2,
        )
        labels = (f"FLOPs of one image, {flops_unit}", f"training time of one trial, {time_unit}")
        for axes, label, x in zip(panels, labels, (flops, seconds), strict=True):
            axes.locator_params(axis="x", nbins=5)
            if x.min() > 0 and x.max() / x.min() > MOST_LINEAR:
                axes.set_xscale("log")
                axes.set_xticks(style.round_ticks(x.min(), x.max()))
                axes.minorticks_off()
            axes.margins(x=0.1, y=0.08)
            axes.xaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_major_formatter(style.axis_of(found.scale))
            axes.set(xlabel=label, ylabel=found.measure.phrase)
            style.leaders(axes, x, values, names, height - 1.1)
        style.legend(figure, panels[0])
    return figure


def caption(found: Findings) -> str:
    """How to read it."""
    return (
        "Line: from the cheapest rung to dearer ones that are better at the same seeds, the 95 % interval of the"
        " difference above zero. Time: mean, from the fastest to the slowest seed; what else the machine did is in it."
    )


def alt(found: Findings) -> str:
    """The figure in words."""
    values = [
        f"{found.scale.value(row.measure_mean)} in {duration(row.train_seconds)} and {count(row.flops_per_image)} FLOPs"
        for row in found.drawn.itertuples()
    ]
    return told(found, f"{found.measure.title} against training time and FLOPs", values)


def _in_unit(
    values: pd.Series, units: Sequence[tuple[float, str]], *more: pd.Series
) -> tuple[list[np.ndarray], str]:
    """Figures in the largest unit that all of `values` hold at least one of, or the smallest, and its name."""
    size, name = next((unit for unit in units if values.min() >= unit[0]), units[-1])
    return [(one / size).to_numpy() for one in (values, *more)], name
