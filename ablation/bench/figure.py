"""A benchmark as a figure."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ablation.report import style
from ablation.report.style import BLUE, GREEN, MUTED, ORANGE

LOOKS = {
    "lecture": ("the lecture's script", ORANGE, "s"),
    "pytorch": ("PyTorch loop", MUTED, "D"),
    "ours": ("ours", BLUE, "o"),
    "at_once": ("ours, a trial on each core", GREEN, "^"),
}
RATIOS = (("to_lecture", "lecture"), ("to_pytorch", "PyTorch"))


def draw(table: pd.DataFrame, setting: str) -> Figure:
    """Images a second of every contender, a row a rung, with our ratio to the others on the right."""
    figure, axes = style.rows(table["title"].tolist(), wide=True)
    style.title(figure, "Training speed: ours beside loops written by hand", setting)
    rows = np.arange(len(table))
    for name, (label, colour, marker) in LOOKS.items():
        if table[name].notna().any():
            axes.plot(table[name], rows, marker, color=colour, markersize=8, label=label)
    axes.set_xlim(left=0)
    axes.set_xlabel("training images a second (median of the turns)")
    told = [
        "ours " + ", ".join(f"{row[name]:.2f}× {label}" for name, label in RATIOS if not np.isnan(row[name]))
        for _, row in table.iterrows()
    ]
    style.right_column(axes, told)
    style.legend(figure, axes)
    return figure
