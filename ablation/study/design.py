"""Designs: how the steps of a ladder become what is trained. One module each in `designs/`.

A module dropped into that folder is a design: nothing else has to be edited. Its function has the module's name and is
declared with `design`; studies and the command line call it by that name with `-` for `_`.
"""

import functools
import importlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ablation import own_code
from ablation.errors import UserError, did_you_mean
from ablation.wording import first_line

FOLDER = "ablation.study.designs"


@dataclass(frozen=True)
class Design:
    """A design.

    Attributes:
        name: as studies and the command line write it.
        title: for people.
        sentence: what it does, in one line.
        steps: (study, the setting below its first step) to `PlannedStep`s, in order.
        matched: whether controls matched in size make sense, since each step adds something to its base.
        averaged: whether its steps are read as averages over several orders; none is compared by itself then, and it
            has no controls.
    """

    name: str
    title: str
    sentence: str
    steps: Callable[[Any, Any], Sequence[Any]]
    matched: bool
    averaged: bool


def design(
    title: str, *, matched: bool = False, averaged: bool = False
) -> Callable[[Callable[..., Sequence[Any]]], Design]:
    """Declare a function `(Study, Setting) -> list[PlannedStep]` to be a design; its docstring's first line is the
    sentence that `--help` shows.

    Args:
        title, matched, averaged: as in `Design`.
    """

    def declare(function: Callable[..., Sequence[Any]]) -> Design:
        sentence = first_line(inspect.getdoc(function) or "")
        return Design(function.__name__.replace("_", "-"), title, sentence, function, matched, averaged)

    return declare


@functools.cache
def names() -> tuple[str, ...]:
    """All designs; the ladder itself comes first, the others alphabetically."""
    found = {name.replace("_", "-") for name in own_code.modules(importlib.import_module(FOLDER).__path__)}
    return ("cumulative", *sorted(found - {"cumulative"}))


def get(name: str) -> Design:
    """A design by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in names():
        raise UserError(f"design: unknown '{name}'{did_you_mean(name, names())}")
    module = name.replace("-", "_")
    return own_code.member(f"{FOLDER}.{module}", module)
