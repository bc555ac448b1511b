"""How figures look and how they are kept: colours, titles, labels that do not collide, PNG and SVG."""

import io
import math
import re
import textwrap
from collections.abc import Sequence
from contextlib import AbstractContextManager
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, FuncFormatter

from ablation.wording import FRACTION, Scale, printable

INK, MUTED, GRID, PAPER = "#1a1a1b", "#5f6368", "#dcdfe4", "#fffffe"
BLUE, GREEN, ORANGE, RED, PURPLE = "#0072b2", "#008a66", "#d98200", "#c44601", "#a85c92"  # Okabe and Ito's
COLOUR_NAMES = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    PAPER: "paper",
    BLUE: "blue",
    GREEN: "green",
    ORANGE: "orange",
    RED: "red",
    PURPLE: "purple",
}
STYLE = {
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.facecolor": PAPER,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": PAPER,
    "svg.fonttype": "none",
    "svg.hashsalt": "ablation",
}
WIDE, NARROW = 11.5, 5.4  # inches; narrow figures stay readable on a phone


def style(size: float) -> AbstractContextManager[None]:
    """The look of every figure, with a font size in points."""
    settings: Any = STYLE | {"font.size": size}
    return mpl.rc_context(settings)


def rows(names: Sequence[str], wide: bool, row: float = 0.42) -> tuple[Figure, Axes]:
    """An empty figure with one named row for each of `names`, the first on top.

    Args:
        row: height of a row, in inches.
    """
    height = row * len(names)
    size = (WIDE, max(4.0, 1.9 + 1.1 * height)) if wide else (NARROW, max(2.4, 1.1 + 0.85 * height))
    with style(13 if wide else 10):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        axes.set_yticks(range(len(names)), [lines(name) for name in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
    return figure, axes


def title(figure: Figure, text: str, setting: str) -> None:
    """Head a wide figure with what it shows and, smaller, on what data; narrow ones stand under a heading."""
    if figure.get_figwidth() < WIDE / 2 + 1:
        return
    height = figure.get_figheight()
    figure.text(0.01, 1 - 0.1 / height, text, va="top", fontsize=16, fontweight="bold", color=INK)
    figure.text(0.01, 1 - 0.42 / height, line(setting, 120), va="top", fontsize=12, color=MUTED)
    if figure.get_layout_engine():
        figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - 0.7 / height))


def legend(figure: Figure, axes: Axes) -> None:
    """Explain the marks of `axes` below the figure."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        size, columns = (12, len(labels)) if figure.get_figwidth() > NARROW else (10, 2)
        place: Any = "outside lower center" if figure.get_layout_engine() else "lower center"
        figure.legend(handles, labels, loc=place, ncols=columns, fontsize=size, labelcolor=INK, frameon=False)


def measure_axis(axes: Axes, name: str, scale: Scale = FRACTION) -> None:
    """Label the horizontal axis, which holds values of a measure; fractions are in percent."""
    axes.xaxis.set_major_formatter(axis_of(scale))
    axes.set_xlabel(name)
    axes.margins(x=0.06)


def axis_of(scale: Scale) -> Formatter:
    """Writes values of a measure on an axis."""
    return Percents() if scale == FRACTION else FuncFormatter(lambda value, _: f"{value:.4g}")


class Percents(Formatter):
    """Writes fractions on an axis as percentages, all of them with the fewest decimals that tell every tick exactly."""

    decimals = 0

    def set_locs(self, locs: Any) -> None:
        ticks = 100 * np.asarray(locs, float)
        exact = (one for one in range(6) if np.allclose(ticks.round(one), ticks, 0, 1e-7))
        self.locs, self.decimals = locs, next(exact, 6)

    def __call__(self, fraction: float, pos: int | None = None) -> str:
        return self.fix_minus(f"{100 * fraction:.{self.decimals}f}%")


def right_column(axes: Axes, texts: Sequence[str], colour: str = INK) -> None:
    """Print one text a row, right of the axes."""
    size, place = axes.yaxis.get_ticklabels()[0].get_fontsize(), axes.get_yaxis_transform()
    for y, text in enumerate(texts):
        axes.text(1.02, y, text, transform=place, va="center", ha="left", color=colour, fontsize=size)


def leaders(axes: Axes, x: np.ndarray, y: np.ndarray, names: Sequence[str], height: float) -> None:
    """Name points in a column at the right edge, each joined to its point by a thin line.

    Args:
        height: of the axes, in inches, by which the names are kept apart.
    """
    axes.autoscale_view()
    places = axes.transAxes.inverted().transform(axes.transData.transform(np.column_stack([x, y])))
    for (right, up), beside, name in zip(places, spread(places[:, 1], 0.19 / height), names, strict=True):
        axes.plot(
            [right, 1.05],
            [up, beside],
            color=MUTED,
            linewidth=0.6,
            transform=axes.transAxes,
            clip_on=False,
            zorder=1,
        )
        axes.text(1.06, beside, line(name, 22), va="center", fontsize="small", transform=axes.transAxes)


def spread(wanted: np.ndarray, apart: float) -> np.ndarray:
    """Move places apart.

    Args:
        wanted: shape (n,), in 0-1.
        apart: distance to keep.

    Returns:
        Places in the same order, near the wanted ones, at least `apart` from each other and none above 1.
    """
    order = np.argsort(wanted, kind="stable")
    places = wanted[order].copy()
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + apart)
    places[-1:] = np.minimum(places[-1:], 1)
    for i in range(len(places) - 2, -1, -1):
        places[i] = min(places[i], places[i + 1] - apart)
    result = np.empty_like(places)
    result[order] = places
    return result


def round_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten around an interval of positive numbers, at most six of them."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    ticks = [tick for tick in ticks if low / 1.5 <= tick <= high * 1.5]
    return ticks[:: math.ceil(len(ticks) / 6)]


def line(text: str, width: int) -> str:
    """A name as a figure can hold it on one line of at most `width` letters: no formula is read into it."""
    name = printable(text)
    return (name if len(name) <= width else f"{name[: width - 1]}…").replace("$", r"\$")


def lines(text: str, width: int = 24) -> str:
    """A name as a figure can hold it on at most two lines of `width` letters: no formula is read into it."""
    wrapped = textwrap.wrap(printable(text), width, max_lines=2, placeholder=" …")
    return "\n".join(wrapped).replace("$", r"\$")


def png(figure: Figure) -> bytes:
    """A figure as PNG, for slides; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()


def svg(figure: Figure, alt: str) -> str:
    """A figure as an SVG element to stand inside HTML, its colours and font left to the page (`var(--ink)`).

    Args:
        alt: what a reader who cannot see it is told.
    """
    buffer = io.StringIO()
    with style(10):
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL).replace("<metadata/>", "")
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    for colour, name in COLOUR_NAMES.items():
        text = text.replace(colour, f"var(--{name})")
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(printable(alt))}"', 1)
