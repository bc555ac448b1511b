"""The figures of a search: where it looked, what each field did, and how samplers compare."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ablation.report import style
from ablation.report.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED
from ablation.search.notes import space_of
from ablation.search.table import expected_best, ranked
from ablation.study.space import Choice, Dimension

MARKERS = ("o", "D", "s", "^", "v")
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, RED)


def drawings(notes: Mapping[str, Any], found: pd.DataFrame) -> dict[str, Figure]:
    """Every figure there is something to draw for, by file name."""
    if found.empty:
        return {}
    figures = {"fields": fields(notes, found)}
    if len(notes["default"]) > 1:
        figures = {"space": space(notes, found), **figures}
    if len({stage["sampler"] for stage in notes["stages"]}) > 1:
        figures["best_so_far"] = best_so_far(notes, found)
    return figures


def space(notes: Mapping[str, Any], found: pd.DataFrame) -> Figure:
    """The first two fields of the space: every trial, coloured by validation accuracy, the best marked."""
    x, y = list(notes["default"])[:2]
    first = space_of(notes["stages"][0])
    with style.style(13):
        figure = Figure(figsize=(style.WIDE, 6.6), layout="constrained")
        axes = figure.add_subplot()
        style.title(figure, "The space that was searched", _setting(notes))
        done = found[found["status"] == "done"]
        drawn = None
        for stage, marker in zip(notes["stages"], MARKERS, strict=False):
            some = done[done["stage"] == stage["name"]]
            drawn = axes.scatter(
                _places(first[x], some[x]),
                _places(first[y], some[y]),
                c=100 * some["val_accuracy"],
                vmin=100 * done["val_accuracy"].min(),
                vmax=100 * done["val_accuracy"].max(),
                cmap="viridis",
                marker=marker,
                s=90,
                edgecolor=INK,
                linewidth=0.6,
                zorder=3,
                label=_named(stage),
            )
        bad = found[found["status"] != "done"]
        name = "diverged or failed" if len(bad) else None
        axes.plot(_places(first[x], bad[x]), _places(first[y], bad[y]), "x", color=RED, label=name)
        _mark_best(notes, found, axes, first, x, y)
        _mark_narrowed(notes, axes, first, x, y)
        _scale(axes.xaxis, axes.set_xscale, first[x], x)
        _scale(axes.yaxis, axes.set_yscale, first[y], y)
        if drawn is not None:
            figure.colorbar(drawn, ax=axes, label="validation accuracy, %")
        style.legend(figure, axes)
    return figure


def fields(notes: Mapping[str, Any], found: pd.DataFrame) -> Figure:
    """Validation accuracy against each field of the space, stage by stage."""
    first, keys = space_of(notes["stages"][0]), list(notes["default"])
    columns = 2 if len(keys) == 4 else min(3, len(keys))
    rows = -(-len(keys) // columns)
    with style.style(13):
        figure = Figure(figsize=(style.WIDE, 1.6 + 3.6 * rows), layout="constrained")
        style.title(figure, "Validation accuracy against each field", _setting(notes))
        grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
        for axes in grid.flat[len(keys) :]:
            axes.set_visible(False)
        for key, axes in zip(keys, grid.flat, strict=False):
            for stage, marker, colour in zip(notes["stages"], MARKERS, COLOURS, strict=False):
                some = ranked(found, stage["name"])
                axes.plot(
                    _places(first[key], some[key]),
                    some["val_accuracy"],
                    marker,
                    color=colour,
                    label=_named(stage),
                )
            _scale(axes.xaxis, axes.set_xscale, first[key], key)
            axes.yaxis.set_major_formatter(style.Percents())
        grid[0][0].set_ylabel("validation accuracy")
        style.legend(figure, grid[0][0])
    return figure


def best_so_far(notes: Mapping[str, Any], found: pd.DataFrame) -> Figure:
    """The best validation accuracy to be expected after k trials in random order, sampler by sampler."""
    with style.style(13):
        figure = Figure(figsize=(style.WIDE, 6.0), layout="constrained")
        axes = figure.add_subplot()
        style.title(figure, "The best so far, over all orders of the trials", _setting(notes))
        for stage, marker, colour in zip(notes["stages"], MARKERS, COLOURS, strict=False):
            scores = found.loc[found["stage"] == stage["name"], "val_accuracy"].fillna(0.0).to_numpy(float)
            numbers = np.arange(1, len(scores) + 1)
            axes.plot(numbers, expected_best(scores), f"{marker}-", color=colour, label=_named(stage))
        axes.set_xlabel("trials")
        axes.set_ylabel("best validation accuracy so far")
        axes.yaxis.set_major_formatter(style.Percents())
        style.legend(figure, axes)
    return figure


def _setting(notes: Mapping[str, Any]) -> str:
    data = notes["dataset"]
    return f"{notes['title']}; {data['name']}, {data['train']:,} training images, preset {notes['preset']}"


def _named(stage: Mapping[str, Any]) -> str:
    epochs = stage["epochs"]
    return f"{stage['name']}: {len(stage['values'])} trials of {epochs} epoch{'s' * (epochs > 1)}"


def _places(dimension: Dimension, values: pd.Series) -> list[float]:
    """Choices stand side by side, numbers where they are."""
    if not isinstance(dimension, Choice):
        return [float(value) for value in values]
    known = [_text(value) for value in dimension.values]
    return [float(known.index(_text(value))) for value in values]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _scale(axis: Any, set_scale: Callable[[str], Any], dimension: Dimension, key: str) -> None:
    axis.set_label_text(style.line(key, 60))
    if isinstance(dimension, Choice):
        axis.set_ticks(
            range(len(dimension.values)), [style.lines(_text(value), 14) for value in dimension.values]
        )
    elif dimension.logarithmic:
        set_scale("log")


def _mark_best(
    notes: Mapping[str, Any], found: pd.DataFrame, axes: Axes, first: Mapping[str, Dimension], x: str, y: str
) -> None:
    best = ranked(found, notes["stages"][-1]["name"])[:1]
    if len(best):
        axes.plot(
            _places(first[x], best[x]),
            _places(first[y], best[y]),
            "o",
            markersize=19,
            markerfacecolor="none",
            markeredgecolor=RED,
            markeredgewidth=2,
            label=f"best, {100 * best['val_accuracy'].iloc[0]:.1f} %",
        )


def _mark_narrowed(
    notes: Mapping[str, Any], axes: Axes, first: Mapping[str, Dimension], x: str, y: str
) -> None:
    """The fine stage's ranges as a frame; of samplers that are compared there is none."""
    fine = space_of(notes["stages"][-1])
    across, up = fine[x], fine[y]
    if fine == first or isinstance(across, Choice) or isinstance(up, Choice):
        return
    corner, size = (across.low, up.low), (across.high - across.low, up.high - up.low)
    axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=MUTED, linestyle="--", label="fine ranges"))
