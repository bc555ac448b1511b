"""What each step changes, by number of epochs."""

import math

from matplotlib.figure import Figure

from ablation.report import style
from ablation.report.findings import MOST_DRAWN, Findings
from ablation.report.series import whiskers
from ablation.report.style import BLUE, INK
from ablation.wording import counted

PLACE = 60
HEADING = "Tricks against the number of epochs"
IN_PAGE = True


def shown_if(found: Findings) -> bool:
    """Whether there is something to show."""
    return not found.budgets.empty


def draw(found: Findings, wide: bool = True) -> Figure:
    """What each step changes against its base, by the number of epochs: one panel a step on shared axes."""
    table = found.budgets[found.budgets["design"] == found.budgets["design"].iloc[0]]
    steps, epochs = list(dict.fromkeys(table["step"]))[:MOST_DRAWN], sorted(set(table["epochs"]))
    names = {step: found.step_title(table["design"].iloc[0], step) for step in steps}
    columns = min(4 if wide else 2, len(steps))
    lines = math.ceil(len(steps) / columns)
    with style.style(12 if wide else 10):
        size = (3 * columns + 1, 2.5 * lines + 1.2) if wide else (style.NARROW, 1.7 * lines + 0.8)
        figure = Figure(figsize=(max(size[0], 8) if wide else size[0], size[1]), layout="constrained")
        style.title(figure, "What each step changes, by number of epochs", found.setting)
        grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, step in zip(grid, steps, strict=False):
            rows = table[table["step"] == step].sort_values("epochs")
            axes.axhline(0, color=INK, linewidth=1)
            axes.errorbar(
                rows["epochs"],
                found.scale.factor * rows["delta"],
                yerr=found.scale.factor * whiskers(rows, "delta", "delta_ci_"),
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
        figure.supylabel(
            f"change of {found.measure.phrase}{found.unit}", fontsize=12 if wide else 10, color=INK
        )
    return figure


def caption(found: Findings) -> str:
    """How to read it."""
    return f"Change of {found.measure.phrase} against the rung's base, at every number of epochs; 95 % intervals."


def alt(found: Findings) -> str:
    """The figure in words."""
    said = [
        f"{found.step_title(row.design, row.step)}, {counted(row.epochs, 'epoch')}: {found.scale.told(row.delta)}"
        for row in found.budgets[:MOST_DRAWN].itertuples()
    ]
    return f"What each step changes, by number of epochs: {'; '.join(said)}."
