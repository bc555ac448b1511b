"""The small drawings of the HTML report, written as SVG: matplotlib would take seconds for so many."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from ablation.report.series import CURVES, mean_curve
from ablation.report.style import COLOUR_NAMES
from ablation.wording import printable

MOST_SEEDS = 100
MOST_CHART_SEEDS = 10
WIDTH, HEIGHT = 360, 210
CHART_WIDTH, CHART_HEIGHT = 440, 290
STROKES = ("blue", "orange", "green", "purple", "red")
DASHES = {"solid": "none", "dashed": "6 3", "dotted": "1.5 2.5"}
HIDDEN = ' style="display:none"'
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 8, 34
CELL, LABELS = 30, 84


@dataclass(frozen=True)
class Axes:
    """Epochs from 1 to `epochs` to the right, accuracies from `floor` to `top` upwards, in a drawing of a size."""

    width: float
    height: float
    epochs: int
    floor: float
    top: float = 1.0

    def place(self, epoch: float, accuracy: float) -> tuple[float, float]:
        x = LEFT + (epoch - 1) / max(self.epochs - 1, 1) * (self.width - LEFT - RIGHT)
        return x, TOP + (self.top - accuracy) / (self.top - self.floor) * (self.height - TOP - BOTTOM)

    def line(self, series: pd.Series, colour: str, width: float, opacity: float, dash: str = "none") -> str:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self.place, series.index, series))
        style = (
            f"fill:none;stroke:var(--{colour});stroke-width:{width};opacity:{opacity};stroke-dasharray:{dash}"
        )
        return f'<polyline points="{points}" style="{style}"/>'

    def frame(self) -> list[str]:
        """Grid, and the names of epochs and accuracies."""
        parts = []
        step = 0.2 if self.top - self.floor > 0.5 else 0.1 if self.top - self.floor > 0.2 else 0.05
        for accuracy in np.arange(self.top, self.floor - 0.001, -step):
            y = self.place(1, accuracy)[1]
            parts.append(f'<path d="M{LEFT} {y:.1f}H{self.width - RIGHT}" style="stroke:var(--grid)"/>')
            parts.append(_text(LEFT - 5, y + 4, f"{100 * accuracy:.0f}%", "end"))
        for epoch in sorted({1, (self.epochs + 1) // 2, self.epochs}):
            parts.append(_text(self.place(epoch, 0)[0], self.height - BOTTOM + 16, str(epoch), "middle"))
        parts.append(_text((LEFT + self.width) / 2, self.height - 4, "epoch", "middle"))
        return parts


def curves(seeds: Mapping[str, pd.DataFrame], epochs: int, floor: float, alt: str) -> str:
    """Learning curves of one rung: every seed thin, their mean thick.

    Args:
        seeds: for each column of `series.CURVES` what `series.curve` gives.
        epochs: right end of the axis, the same for all rungs.
        floor: lower end of the accuracy axis, a fraction; the upper is 1.
        alt: what a reader who cannot see it is told.
    """
    axes = Axes(WIDTH, HEIGHT, epochs, floor)
    parts = axes.frame()
    for column, colour, _ in CURVES:
        table, name = seeds[column], COLOUR_NAMES[colour]
        parts += [axes.line(table[seed].dropna(), name, 0.8, 0.5) for seed in table.columns[:MOST_SEEDS]]
        parts.append(axes.line(mean_curve(table), name, 2.4, 1))
    return _svg(WIDTH, HEIGHT, parts, alt)


@dataclass(frozen=True)
class Stroke:
    """How a rung's curve is drawn: the page's name of a colour, and `solid`, `dashed` or `dotted`."""

    colour: str
    kind: str


def strokes(count: int) -> list[Stroke]:
    """Of so many rungs; after fifteen they come again."""
    known = [Stroke(colour, kind) for kind in DASHES for colour in STROKES]
    return [known[i % len(known)] for i in range(count)]


def ladder_curves(seeds: Sequence[Mapping[str, pd.DataFrame]], shown: Sequence[bool], alt: str) -> str:
    """Learning curves of all rungs on the same axes, in layers that the page's script shows and hides.

    Args:
        seeds: of each rung what `curves` takes.
        shown: whether a rung is seen at first.
        alt: what a reader who cannot see it is told.
    """
    last = max(int(table.index.max()) for rung in seeds for table in rung.values() if len(table))
    parts = []
    for column, _, _ in CURVES:
        values = np.concatenate([rung[column].to_numpy(float).ravel() for rung in seeds])
        floor = math.floor(10 * np.nanmin(values)) / 10
        axes = Axes(
            CHART_WIDTH, CHART_HEIGHT, last, floor, max(math.ceil(10 * np.nanmax(values)) / 10, floor + 0.1)
        )
        layers = axes.frame()
        for place, (rung, stroke, seen) in enumerate(zip(seeds, strokes(len(seeds)), shown, strict=True)):
            table, dash = rung[column], DASHES[stroke.kind]
            each = [
                axes.line(table[seed].dropna(), stroke.colour, 0.8, 0.6, dash)
                for seed in table.columns[:MOST_CHART_SEEDS]
            ]
            mean = axes.line(mean_curve(table), stroke.colour, 2.2, 1, dash)
            layers.append(
                f'<g data-rung="{place}"{"" if seen else HIDDEN}><g class="seeds">{"".join(each)}</g>{mean}</g>'
            )
        parts.append(f'<g class="{column}">{"".join(layers)}</g>')
    parts.append(f'<path class="cursor" d="M0 {TOP}V{CHART_HEIGHT - BOTTOM}"/>')
    return _svg(CHART_WIDTH, CHART_HEIGHT, parts, alt)


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
