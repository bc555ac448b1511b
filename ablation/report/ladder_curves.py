"""Learning curves of all rungs in one chart, with the figures that the page's script reads out."""

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from ablation.report import marks, series
from ablation.report.findings import Findings
from ablation.wording import percent

FIRST_SHOWN = 8
MOST_EPOCHS = 120


def chart(found: Findings) -> dict[str, Any] | None:
    """The chart of the rungs that figures show; None where no epoch was kept.

    Returns:
        drawing (SVG), columns ((key, label) of the curves), rungs (title, stroke, shown) and data for the script:
        left, right (of the axis, shares of the drawing's width), epochs, and by curve, for each rung, [mean, lowest,
        highest] an epoch in percent, or null.
    """
    rungs = [row for row in found.drawn.itertuples() if row.n]
    tables = [
        {
            column: _thinned(series.curve(found, row.design, row.step, column))
            for column, _, _ in series.CURVES
        }
        for row in rungs
    ]
    if not any(len(table) for one in tables for table in one.values()):
        return None
    shown = [place < FIRST_SHOWN for place in range(len(rungs))]
    titles = [found.title(row) for row in rungs]
    ends = [
        f"{title} {percent(mean.iloc[-1])}"
        for title, one in zip(titles, tables, strict=True)
        if len(mean := series.mean_curve(one["val_accuracy"]))
    ]
    epochs = sorted({int(epoch) for one in tables for table in one.values() for epoch in table.index})
    return {
        "drawing": Markup(
            marks.ladder_curves(
                tables, shown, f"Validation accuracy by epoch; it ends at: {'; '.join(ends)}."
            )
        ),
        "columns": [(column, label) for column, _, label in series.CURVES],
        "rungs": [
            {"title": title, "stroke": stroke, "shown": seen}
            for title, stroke, seen in zip(titles, marks.strokes(len(rungs)), shown, strict=True)
        ],
        "data": {
            "left": marks.LEFT / marks.CHART_WIDTH,
            "right": 1 - marks.RIGHT / marks.CHART_WIDTH,
            "epochs": epochs,
            **{column: [_figures(one[column], epochs) for one in tables] for column, _, _ in series.CURVES},
        },
    }


def _thinned(seeds: pd.DataFrame) -> pd.DataFrame:
    """At most `MOST_EPOCHS` of the rows, evenly spaced, the first and the last among them."""
    if len(seeds) <= MOST_EPOCHS:
        return seeds
    return seeds.iloc[np.linspace(0, len(seeds) - 1, MOST_EPOCHS).round().astype(int)]


def _figures(seeds: pd.DataFrame, epochs: list[int]) -> list[list[float] | None]:
    """Mean, lowest and highest of the seeds at each epoch that all of them reached."""
    whole = (100 * seeds.dropna()).round(1)
    rows = {
        int(epoch): [round(float(one), 1) for one in (row.mean(), row.min(), row.max())]
        for epoch, row in zip(whole.index, whole.to_numpy(), strict=True)
    }
    return [rows.get(epoch) for epoch in epochs]
