"""What each design says each trick adds."""

import pandas as pd
from matplotlib.figure import Figure

from ablation.report import style
from ablation.report.findings import MOST_DRAWN, Findings
from ablation.report.series import whiskers
from ablation.report.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RED

PLACE = 40
HEADING = "What each trick adds, by design"
IN_PAGE = True
LOOKS = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "D"), (PURPLE, "^"), (RED, "v"), (MUTED, "P"))
READ = {
    "cumulative": "Cumulative: on top of the rungs before.",
    "add-one": "Add-one: alone.",
    "leave-one-out": "Leave-one-out: what its absence costs.",
    "orders": "Orders: average over orders (Shapley value).",
}


def shown_if(found: Findings) -> bool:
    """Whether there is something to show."""
    designs = set(found.contributions["design"])
    return len({found.variants[design].design for design in designs}) > 1 or bool(designs & found.averaged)


def draw(found: Findings, wide: bool = True) -> Figure:
    """What each design says a trick adds: side by side, with intervals."""
    table = _table(found)
    tricks, used = list(dict.fromkeys(table["trick"])), list(dict.fromkeys(table["design"]))
    names = [trick.replace("_", " ") for trick in tricks]
    figure, axes = style.rows(names, wide, row=0.28 + 0.16 * len(used))
    style.title(figure, "What each trick adds, by design", found.setting)
    axes.axvline(0, color=INK, linewidth=1.2)
    for i, design in enumerate(used):
        chosen = table[table["design"] == design]
        colour, marker = LOOKS[i % len(LOOKS)]
        beside = 0.6 * ((i + 0.5) / len(used) - 0.5)
        axes.errorbar(
            found.scale.factor * chosen["value"],
            [tricks.index(trick) + beside for trick in chosen["trick"]],
            xerr=found.scale.factor * whiskers(chosen, "value", ""),
            fmt=marker,
            color=colour,
            markersize=7,
            capsize=3,
            linewidth=1.8,
            label=style.line(found.design_name(design), 30),
        )
    axes.set_xlabel(f"contribution to {found.measure.phrase}{found.unit} (95 % interval)")
    style.legend(figure, axes)
    return figure


def caption(found: Findings) -> str:
    """How to read it."""
    used = {found.variants[design].design for design in _table(found)["design"]}
    return " ".join(words for design, words in READ.items() if design in used)


def alt(found: Findings) -> str:
    """The figure in words."""
    said = [
        f"{row.trick} ({found.design_name(row.design)}) {found.scale.told(row.value)}"
        for row in _table(found).itertuples()
    ]
    return f"What each trick adds, by design: {'; '.join(said)}."


def _table(found: Findings) -> pd.DataFrame:
    table = found.one_variant(found.contributions)
    return table[table["trick"].isin(list(dict.fromkeys(table["trick"]))[:MOST_DRAWN])]
