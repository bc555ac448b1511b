"""The figures, one a file of this folder: rungs run down the page, so that twenty names never collide.

A figure is a module with

    PLACE                 where it stands among the others, the lowest first
    HEADING               over it in the page
    IN_PAGE               whether the page shows it; figures/<name>.png and report.md always do
    shown_if(found)       whether a folder has something to show in it
    draw(found, wide)     wide for slides and pull requests, with a title; narrow for the page
    caption(found)        how to read it
    alt(found)            what a reader who cannot see it is told

and its file's name is the figure's. The folder finds it: nothing else is edited.
"""

import importlib
from typing import Protocol, cast

from matplotlib.figure import Figure

from ablation import own_code
from ablation.report.findings import Findings

__path__ += own_code.paths("figures")


class Drawing(Protocol):
    """A figure's module."""

    PLACE: int
    HEADING: str
    IN_PAGE: bool

    def shown_if(self, found: Findings) -> bool: ...

    def draw(self, found: Findings, wide: bool = True) -> Figure: ...

    def caption(self, found: Findings) -> str: ...

    def alt(self, found: Findings) -> str: ...


def names() -> tuple[str, ...]:
    """The files of this folder, in the order of the report."""
    return tuple(sorted(own_code.modules(__path__), key=lambda name: (_drawing(name).PLACE, name)))


def drawings(found: Findings) -> dict[str, Drawing]:
    """The figures that a folder has something to show in, by name, in the order of the report."""
    return {name: _drawing(name) for name in names() if _drawing(name).shown_if(found)}


def _drawing(name: str) -> Drawing:
    return cast(Drawing, importlib.import_module(f"{__name__}.{name}"))
