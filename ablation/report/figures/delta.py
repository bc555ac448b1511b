"""What each rung changes against its base."""

import re

import pandas as pd
from matplotlib.figure import Figure

from ablation.analysis.steps import AA
from ablation.analysis.verdicts import HELPS, HURTS, NONE, OPEN
from ablation.report import style
from ablation.report.findings import MOST_DRAWN, Findings
from ablation.report.series import told, whiskers
from ablation.report.style import BLUE, GREEN, GRID, INK, MUTED, RED

PLACE = 30
HEADING = "What each step changes"
IN_PAGE = True
VERDICTS = {HELPS: (BLUE, "o"), HURTS: (RED, "s"), NONE: (GREEN, "^"), OPEN: (MUTED, "D")}


def shown_if(found: Findings) -> bool:
    """Whether there is something to show."""
    return bool((found.drawn["pairs"] > 0).any())


def draw(found: Findings, wide: bool = True) -> Figure:
    """What each rung changes against its base, paired by seed, coloured by verdict."""
    controls = found.controls
    held = controls[(controls["design"] == found.design) & (controls["control"] != AA)][:MOST_DRAWN]
    rungs = pd.concat([found.drawn, held])
    rungs = rungs[rungs["pairs"] > 0].reset_index(drop=True)
    ladder = len(rungs) - (rungs["control"] != "").sum()
    names = [re.sub(" against (a )?", " vs ", found.comparison(row)) for row in rungs.itertuples()]
    figure, axes = style.rows(names, wide)
    against = "each rung adds to the one before" if found.climbs else "each step changes against its base"
    style.title(figure, f"{found.measure.title}: what {against}", found.setting)
    if found.floor is not None:
        edge = found.scale.factor * found.floor
        axes.axvspan(-edge, edge, color=GRID, alpha=0.6, label="A/A noise floor")
    axes.axvline(0, color=INK, linewidth=1.2)
    if ladder < len(rungs):
        axes.axhline(ladder - 0.5, color=MUTED, linewidth=0.8, linestyle=":")
    for word, (colour, marker) in VERDICTS.items():
        chosen = rungs[rungs["verdict_kind"] == word]
        if len(chosen):
            axes.errorbar(
                found.scale.factor * chosen["delta"],
                chosen.index,
                xerr=found.scale.factor * whiskers(chosen, "delta", "delta_ci_"),
                fmt=marker,
                color=colour,
                markersize=8,
                capsize=4,
                linewidth=2,
                label=word,
            )
    ends = zip(rungs["delta"], rungs["delta_ci_low"], rungs["delta_ci_high"], strict=True)
    style.right_column(axes, [found.scale.difference(mean, low, high) for mean, low, high in ends])
    axes.set_xlabel(f"change of {found.measure.phrase}{found.unit}, with the verdict's interval")
    style.legend(figure, axes)
    return figure


def caption(found: Findings) -> str:
    """How to read it."""
    return (
        f"{found.measure.title} minus that of the step's base at the same seed, coloured by verdict. The interval is"
        " the one that the verdict rests on: it leaves out zero where a step helps or hurts."
    )


def alt(found: Findings) -> str:
    """The figure in words."""
    values = [
        f"{found.scale.told(row.delta)}, {row.verdict_words or 'no base'}" for row in found.drawn.itertuples()
    ]
    return told(found, f"Change of {found.measure.phrase} against the base", values)
