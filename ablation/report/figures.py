"""The figures, each a function of `Findings`: rungs run down the page, so that twenty names never collide.

Wide figures are for slides and pull requests and carry a title; narrow ones sit in the HTML report.
"""

import itertools
import math
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ablation.analysis.learning import YES
from ablation.analysis.tables import AA, ORDERS, base_design
from ablation.analysis.verdicts import HELPS, HURTS, OPEN, kind
from ablation.report import sheets, style
from ablation.report.findings import Findings, design_name, one_variant
from ablation.report.style import BLUE, GREEN, GRID, INK, MUTED, ORANGE, PURPLE, RED
from ablation.wording import gap_points, interval, percent, signed

TEST, VAL, TRAIN = BLUE, GREEN, ORANGE
SPLITS = (
    ("train_mean", TRAIN, "s", "train"),
    ("val_mean", VAL, "D", "validation"),
    ("test_mean", TEST, "o", "test"),
)
CURVES = (("accuracy", TRAIN, "train (running)"), ("val_accuracy", VAL, "validation"))
VERDICTS = {HELPS: (BLUE, "o"), HURTS: (RED, "s"), OPEN: (MUTED, "D")}
LINES = (BLUE, ORANGE, GREEN, PURPLE, RED, MUTED)
DESIGNS = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "D"), (PURPLE, "^"), (RED, "v"), (MUTED, "P"))


def ladder(findings: Findings, wide: bool = True) -> Figure:
    """Test accuracy a rung: mean with its 95 % interval, every seed, the lecture's published value."""
    rungs = findings.rungs
    figure, axes = style.rows(titles(findings), wide)
    style.title(figure, "Test accuracy, rung by rung", findings.setting)
    heights = range(len(rungs))
    axes.errorbar(
        rungs["test_mean"],
        heights,
        xerr=_whiskers(rungs, "test_mean", "test_ci_"),
        fmt="o",
        color=TEST,
        markersize=8,
        capsize=4,
        linewidth=2,
        label="mean, 95 % interval" if rungs["n"].max() > 1 else "one seed, no interval",
    )
    seeds = [_trials(findings, step)["test_accuracy"].to_numpy() for step in rungs["step"]]
    if rungs["n"].max() > 1:
        below = np.repeat(np.arange(len(rungs)) + 0.27, [len(values) for values in seeds])
        axes.plot(np.concatenate(seeds), below, ".", color=MUTED, label="one seed")
    if rungs["lecture_val"].notna().any():
        axes.plot(
            rungs["lecture_val"],
            heights,
            "D",
            markersize=7,
            markerfacecolor="none",
            markeredgecolor=RED,
            markeredgewidth=1.5,
            label=findings.lecture_label,
        )
    style.right_column(axes, [percent(mean) for mean in rungs["test_mean"]], TEST)
    style.accuracy_axis(axes, "test accuracy")
    style.legend(figure, axes)
    return figure


def gap(findings: Findings, wide: bool = True) -> Figure:
    """The gap a rung: train, validation and test accuracy, and the distance from test to train in points."""
    rungs = findings.rungs
    figure, axes = style.rows(titles(findings), wide)
    style.title(figure, "The gap between training and test accuracy", findings.setting)
    heights = range(len(rungs))
    axes.hlines(
        heights, rungs["test_mean"], rungs["train_mean"], color=ORANGE, alpha=0.35, linewidth=9, label="gap"
    )
    for column, colour, marker, name in SPLITS:
        axes.plot(rungs[column], heights, marker, color=colour, markersize=8, label=name)
    style.right_column(axes, [gap_points(value) for value in rungs["gap_mean"]])
    style.accuracy_axis(axes, "accuracy")
    style.legend(figure, axes)
    return figure


def delta(findings: Findings, wide: bool = True) -> Figure:
    """What each rung changes against its base, paired by seed, coloured by verdict."""
    controls = findings.controls
    held = controls[(controls["design"] == findings.design) & (controls["control"] != AA)]
    rungs = pd.concat([findings.rungs, held])
    rungs = rungs[rungs["pairs"] > 0].reset_index(drop=True)
    ladder = len(rungs) - (rungs["control"] != "").sum()
    names = [re.sub(" against (a )?", " vs ", findings.comparison(row)) for row in rungs.itertuples()]
    figure, axes = style.rows(names, wide)
    against = "each rung adds to the one before" if findings.climbs else "each step changes against its base"
    style.title(figure, f"Test accuracy: what {against}", findings.setting)
    if findings.floor is not None:
        edge = 100 * findings.floor
        axes.axvspan(-edge, edge, color=GRID, alpha=0.6, label="A/A noise floor")
    axes.axvline(0, color=INK, linewidth=1.2)
    if ladder < len(rungs):
        axes.axhline(ladder - 0.5, color=MUTED, linewidth=0.8, linestyle=":")
    for word, (colour, marker) in VERDICTS.items():
        chosen = rungs[[kind(verdict) == word for verdict in rungs["verdict"]]]
        if len(chosen):
            axes.errorbar(
                100 * chosen["delta"],
                chosen.index,
                xerr=100 * _whiskers(chosen, "delta", "delta_ci_"),
                fmt=marker,
                color=colour,
                markersize=8,
                capsize=4,
                linewidth=2,
                label=word,
            )
    ends = zip(rungs["delta"], rungs["delta_ci_low"], rungs["delta_ci_high"], strict=True)
    style.right_column(axes, [f"{signed(mean)} {interval(low, high)}" for mean, low, high in ends])
    axes.set_xlabel("change of test accuracy, points (95 % interval)")
    style.legend(figure, axes)
    return figure


def designs(findings: Findings, wide: bool = True) -> Figure:
    """What each design says a trick adds: side by side, with intervals."""
    table = one_variant(findings.contributions)
    tricks, used = list(dict.fromkeys(table["trick"])), list(dict.fromkeys(table["design"]))
    names = [trick.replace("_", " ") for trick in tricks]
    figure, axes = style.rows(names, wide, row=0.28 + 0.16 * len(used))
    style.title(figure, "What each trick adds, by design", findings.setting)
    axes.axvline(0, color=INK, linewidth=1.2)
    for i, design in enumerate(used):
        chosen = table[table["design"] == design]
        colour, marker = DESIGNS[i % len(DESIGNS)]
        beside = 0.6 * ((i + 0.5) / len(used) - 0.5)
        axes.errorbar(
            100 * chosen["value"],
            [tricks.index(trick) + beside for trick in chosen["trick"]],
            xerr=100 * _whiskers(chosen, "value", ""),
            fmt=marker,
            color=colour,
            markersize=7,
            capsize=3,
            linewidth=1.8,
            label=style.line(design_name(design), 30),
        )
    axes.set_xlabel("contribution to test accuracy, points (95 % interval)")
    style.legend(figure, axes)
    return figure


def budgets(findings: Findings, wide: bool = True) -> Figure:
    """What each step changes against its base, by the number of epochs: one panel a step on shared axes."""
    table = findings.budgets[findings.budgets["design"] == findings.budgets["design"].iloc[0]]
    steps, epochs = list(dict.fromkeys(table["step"])), sorted(set(table["epochs"]))
    names = {step: sheets.name(findings, table["design"].iloc[0], step) for step in steps}
    columns = min(4 if wide else 2, len(steps))
    lines = math.ceil(len(steps) / columns)
    with style.style(12 if wide else 10):
        size = (3 * columns + 1, 2.5 * lines + 1.2) if wide else (style.NARROW, 1.7 * lines + 0.8)
        figure = Figure(figsize=(max(size[0], 8) if wide else size[0], size[1]), layout="constrained")
        style.title(figure, "What each step changes, by number of epochs", findings.setting)
        grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, step in zip(grid, steps, strict=False):
            rows = table[table["step"] == step].sort_values("epochs")
            axes.axhline(0, color=INK, linewidth=1)
            axes.errorbar(
                rows["epochs"],
                100 * rows["delta"],
                yerr=100 * _whiskers(rows, "delta", "delta_ci_"),
                fmt="o-",
                color=BLUE,
                markersize=6,
                capsize=3,
                linewidth=1.8,
            )
            axes.set_title(style.line(names[step], 26), fontsize=12 if wide else 10)
            axes.margins(x=0.12)
            if epochs[0] > 0 and epochs[-1] / epochs[0] > 3:
                axes.set_xscale("log")
            axes.set_xticks(epochs, [str(one) for one in epochs])
            axes.minorticks_off()
        for axes in grid[len(steps) :]:
            axes.set_axis_off()
        for axes in grid[max(0, len(steps) - columns) : len(steps)]:
            axes.tick_params(labelbottom=True)
        figure.supxlabel("epochs", fontsize=12 if wide else 10, color=INK)
        figure.supylabel("change of test accuracy, points", fontsize=12 if wide else 10, color=INK)
    return figure


def grid(findings: Findings, wide: bool = True) -> Figure:
    """Training accuracy of a study whose titles fill a grid: a line a network, hollow where not every seed learned."""
    with style.style(12 if wide else 10):
        figure = Figure(figsize=(9, 5.4) if wide else (style.NARROW, 4.2), layout="constrained")
        style.title(figure, "What still learns", findings.setting)
        axes = figure.subplots()
        cells = findings.grid
        chance = 1 / len(findings.manifest["dataset"]["classes"])
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
        axes.yaxis.set_major_formatter(style.percents())
        figure.legend(loc="outside lower center", ncols=4 if wide else 2, frameon=False)
    return figure


def protocols(findings: Findings, wide: bool = True) -> Figure:
    """Test accuracy a rung as the honest protocol gives it, and as the lecture reads it: last and best epoch."""
    table = one_variant(findings.protocols)
    table = table[table["design"] == table["design"].iloc[0]]
    names = [sheets.name(findings, row.design, row.step) for row in table.itertuples()]
    figure, axes = style.rows(names, wide)
    style.title(figure, "What reading the test curve adds", findings.setting.rpartition(",")[0])
    heights = range(len(table))
    axes.hlines(
        heights,
        table["honest_test"],
        table["lecture_best"],
        color=RED,
        alpha=0.3,
        linewidth=9,
        label="optimism",
    )
    for column, colour, marker, label in (
        ("honest_test", BLUE, "o", "honest: test, once"),
        ("lecture_last", ORANGE, "s", "lecture: last epoch"),
        ("lecture_best", RED, "D", "lecture: best epoch"),
    ):
        axes.plot(table[column], heights, marker, color=colour, markersize=8, label=label)
    ends = zip(table["optimism"], table["optimism_low"], table["optimism_high"], strict=True)
    style.right_column(axes, [f"{signed(mean)} {interval(low, high)}" for mean, low, high in ends])
    style.accuracy_axis(axes, "test accuracy")
    style.legend(figure, axes)
    return figure


def cost(findings: Findings, wide: bool = True) -> Figure:
    """Test accuracy against training time and against FLOPs, with the Pareto front of each."""
    table = findings.table
    shown = (table["design"] == findings.design) & (table["n"] > 0) & (table["control"] == "")
    costs, names = findings.costs[shown], titles(findings)
    height = max(4.2, 0.27 * len(names) + 1.2)
    with style.style(12 if wide else 10):
        size = (13, height + 0.6) if wide else (style.NARROW, 2 * height)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(1, 2) if wide else figure.subplots(2, 1)
        style.title(figure, "What accuracy costs", findings.setting)
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


def curves(findings: Findings) -> Figure:
    """Learning curves, one panel a rung on shared axes: every seed thin, their mean thick."""
    rungs = findings.rungs
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
        style.title(figure, "Learning curves", findings.setting)
        for axes, step, name in zip(grid, rungs["step"], titles(findings), strict=False):
            for column, colour, label in CURVES:
                seeds = curve(findings, findings.design, step, column)
                each = [np.column_stack([seeds.index, seeds[seed]]) for seed in seeds]
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
        grid[0].yaxis.set_major_formatter(style.percents())
        grid[0].xaxis.set_major_locator(MaxNLocator(5, integer=True))
        style.legend(figure, grid[0])
    return figure


def drawings(findings: Findings) -> dict[str, Callable[..., Figure]]:
    """The figures that a folder has something to show in, by file name, in the order of the report."""
    compared = (findings.rungs["pairs"] > 0).any()
    bases = set(findings.contributions["design"].map(base_design))
    several = len(bases) > 1 or ORDERS in bases
    chosen: dict[str, Callable[..., Figure]] = {"ladder": ladder, "gap": gap}
    chosen |= {"delta": delta} if compared else {}
    chosen |= {"designs": designs} if several else {}
    chosen |= {} if findings.grid.empty else {"grid": grid}
    chosen |= {} if findings.budgets.empty else {"budgets": budgets}
    chosen |= {} if findings.protocols.empty else {"protocols": protocols}
    return chosen | {"cost": cost, "curves": curves}


def titles(findings: Findings, rungs: pd.DataFrame | None = None) -> list[str]:
    """The names of the rungs, or of some of them, for people."""
    return [findings.title(row) for row in (findings.rungs if rungs is None else rungs).itertuples()]


def curve(findings: Findings, design: str, step: str, column: str) -> pd.DataFrame:
    """A column of `epochs.csv` for the done trials of a step: a row an epoch, a column a seed."""
    done, epochs = findings.done, findings.results.epochs
    hashes = done.loc[(done["design"] == design) & (done["step"] == step), "config_hash"]
    chosen = epochs[epochs["config_hash"].isin(hashes)]
    return chosen.pivot_table(index="epoch", columns="seed", values=column)


def mean_curve(seeds: pd.DataFrame) -> pd.Series:
    """Mean over seeds by epoch, as far as all of them went."""
    return seeds.dropna().mean(axis=1)


def _trials(findings: Findings, step: str) -> pd.DataFrame:
    done = findings.done
    return done[(done["design"] == findings.design) & (done["step"] == step)]


def _unit(column: str, highest: float) -> tuple[float, str]:
    """The unit in which an axis of costs up to `highest` is easiest to read, and its size."""
    if column == "train_seconds":
        return (1, "s") if highest < 180 else (60, "min") if highest < 7200 else (3600, "h")
    return (1e6, "MFLOP") if highest < 1e9 else (1e9, "GFLOP")


def _whiskers(table: pd.DataFrame, mean: str, prefix: str) -> np.ndarray:
    """Distances from the mean down and up to its interval, shape (2, rows); 0 where there is no interval."""
    down, up = table[mean] - table[f"{prefix}low"], table[f"{prefix}high"] - table[mean]
    return np.nan_to_num(np.array([down, up], float).clip(min=0))
