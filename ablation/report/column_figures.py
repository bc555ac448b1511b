"""The report's figures as files for a paper, as wide as a column of its page."""

import io
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from ablation.report import figures, style
from ablation.report.export import CREATOR
from ablation.report.findings import Findings

COLUMN_WIDTH = 3.35  # inches, of a page with two columns


def at_column_width(figure: Figure, width: float = COLUMN_WIDTH) -> Figure:
    """A figure made as small as a column of a page, its letters and lines with it.

    Args:
        width: in inches.
    """
    wide, high = figure.get_size_inches()
    scale = width / wide
    figure.set_size_inches(width, high * scale)
    for text in figure.findobj(Text):
        text.set_fontsize(text.get_fontsize() * scale)
    for line in figure.findobj(Line2D):
        line.set_linewidth(line.get_linewidth() * scale)
        line.set_markersize(line.get_markersize() * scale)
    return figure


def drawn(found: Findings) -> dict[str, bytes]:
    """Every figure as PDF and SVG at a column's width, by file name."""
    files = {}
    for name, drawing in figures.drawings(found).items():
        figure = at_column_width(drawing.draw(found, wide=False))
        for kind in ("pdf", "svg"):
            buffer = io.BytesIO()
            with style.style(10):
                figure.savefig(buffer, format=kind, metadata=_NO_DATES[kind])
            files[f"{name}.{kind}"] = buffer.getvalue()
    return files


_NO_DATES: dict[str, dict[str, Any]] = {
    "pdf": {"Creator": CREATOR, "CreationDate": None},
    "svg": {"Creator": CREATOR, "Date": None},
}
