"""The small drawings of the HTML report, written as SVG: matplotlib would take seconds for so many."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd

from ablation.report.escape import printable
from ablation.report.series import CURVES, mean_curve
from ablation.report.style import COLOUR_NAMES

MOST_SEEDS = 100
WIDTH, HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 8, 34
CELL, LABELS = 30, 84


def curves(seeds: Mapping[str, pd.DataFrame], epochs: int, floor: float, alt: str) -> str:
    """Learning curves of one rung: every seed thin, their mean thick.

    Args:
        seeds: for each column of `series.CURVES` what `series.curve` gives.
        epochs: right end of the axis, the same for all rungs.
        floor: lower end of the accuracy axis, a fraction; the upper is 1.
        alt: what a reader who cannot see it is told.
    """

    def place(epoch: float, accuracy: float) -> tuple[float, float]:
        x = LEFT + (epoch - 1) / max(epochs - 1, 1) * (WIDTH - LEFT - RIGHT)
        return x, TOP + (1 - accuracy) / (1 - floor) * (HEIGHT - TOP - BOTTOM)

    def line(series: pd.Series, colour: str, width: float, opacity: float) -> str:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, series.index, series))
        style = f"fill:none;stroke:var(--{colour});stroke-width:{width};opacity:{opacity}"
        return f'<polyline points="{points}" style="{style}"/>'

    parts = []
    for accuracy in np.arange(1, floor - 0.001, -0.2):
        y = place(1, accuracy)[1]
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" style="stroke:var(--grid)"/>')
        parts.append(_text(LEFT - 5, y + 4, f"{100 * accuracy:.0f}%", "end"))
    for epoch in sorted({1, (epochs + 1) // 2, epochs}):
        parts.append(_text(place(epoch, 0)[0], HEIGHT - BOTTOM + 16, str(epoch), "middle"))
    parts.append(_text((LEFT + WIDTH) / 2, HEIGHT - 4, "epoch", "middle"))
    for column, colour, _ in CURVES:
        table, name = seeds[column], COLOUR_NAMES[colour]
        parts += [line(table[seed].dropna(), name, 0.8, 0.5) for seed in table.columns[:MOST_SEEDS]]
        parts.append(line(mean_curve(table), name, 2.4, 1))
    return _svg(WIDTH, HEIGHT, parts, alt)


def confusion_change(change: np.ndarray, classes: Sequence[str], alt: str) -> str:
    """How often each class is taken for each class, after minus before.

    Args:
        change: shape (classes, classes), fractions, rows the truth.
        alt: what a reader who cannot see it is told.
    """
    strongest = max(float(np.abs(change).max()), 1e-9)
    parts = []
    for i, name in enumerate(classes):
        middle = LABELS + (i + 0.5) * CELL
        parts.append(_text(LABELS - 6, middle + 4, _short(name), "end"))
        turned = f'transform="rotate(-55 {middle} {LABELS - 6})"'
        parts.append(_text(middle, LABELS - 6, _short(name), "start", turned))
    for (row, column), value in np.ndenumerate(change):
        x, y, colour = LABELS + column * CELL, LABELS + row * CELL, "blue" if value > 0 else "red"
        style = f"fill:var(--{colour});fill-opacity:{0.75 * abs(value) / strongest:.2f};stroke:var(--grid)"
        parts.append(f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" style="{style}"/>')
        if abs(value) >= 0.005:
            number = f"{100 * value:+.0f}".replace("-", "−")
            parts.append(_text(x + CELL / 2, y + CELL / 2 + 4, number, "middle"))
    side = LABELS + len(classes) * CELL
    return _svg(side + CELL, side + 2, parts, alt)


def _svg(width: float, height: float, parts: Sequence[str], alt: str) -> str:
    label = escape(printable(alt))
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}'
    return f'<text {place} style="font-size:11px;fill:var(--ink)">{escape(printable(text))}</text>'


def _short(name: str) -> str:
    return name if len(name) <= 11 else f"{name[:10]}…"
