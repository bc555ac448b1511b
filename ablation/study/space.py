"""What a search varies: recipe fields and parameters of tricks, each with a range or a list of choices."""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ablation.errors import UserError
from ablation.study.address import parse as address_of

KINDS = ("uniform", "log", "int", "log-int")
SEARCHED = ("network", "training", "tricks")
FIXED = ("training.epochs", "training.stop_at_loss", "training.stop_at_chance")
LECTURE = {"training.learning_rate": "log 1e-6 1e-3", "network.l2": "log 1e-5 1e5"}
MARGIN = 0.1
MOST_CHOICES = 100


@dataclass(frozen=True)
class Range:
    """Numbers between two ends, both included.

    Attributes:
        kind: one of `KINDS`: real numbers or whole ones, evenly spread or evenly spread in the logarithm.
        low, high: the ends.
    """

    kind: str
    low: float
    high: float

    @property
    def whole(self) -> bool:
        return self.kind.endswith("int")

    @property
    def logarithmic(self) -> bool:
        return self.kind.startswith("log")

    def place(self, value: float) -> float:
        """Where a value lies between the ends, 0-1, on the range's own scale."""
        low, high, value = map(math.log if self.logarithmic else float, (self.low, self.high, value))
        return (value - low) / (high - low) if high > low else 0.5

    def at(self, place: float) -> float:
        """The value at a place, 0-1."""
        if self.logarithmic:
            value = self.low * (self.high / self.low) ** place
        else:
            value = self.low + (self.high - self.low) * place
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else value

    def __str__(self) -> str:
        digits = 10 if self.whole else 3
        return f"{self.kind} {self.low:.{digits}g} {self.high:.{digits}g}"


@dataclass(frozen=True)
class Choice:
    """One of several values in no order: names, layers as mappings, truth values.

    Attributes:
        values: as YAML gives them.
    """

    values: tuple[Any, ...]

    def __str__(self) -> str:
        return json.dumps(self.values)


Dimension = Range | Choice
Space = Mapping[str, Dimension]
Values = dict[str, Any]


def parse(key: str, given: Any, where: str) -> Dimension:
    """One line of a space.

    Args:
        key: `network.l2`, `training.learning_rate`, or `tricks.dropout.rate` for a trick's parameter.
        given: `log 1e-6 1e-3`, likewise `uniform`, `int` and `log-int`, or a list of choices.
        where: what an error names as the place.

    Raises:
        UserError: unknown key, or no such range.
    """
    _check_key(key, f"{where}{key}")
    if isinstance(given, list):
        if not 2 <= len({json.dumps(value, sort_keys=True) for value in given}) == len(given) <= MOST_CHOICES:
            raise UserError(f"{where}{key}: expected 2 to {MOST_CHOICES} different choices, found {given}")
        return Choice(tuple(given))
    kind, *ends = str(given).split()
    expected = "expected 'log 1e-6 1e-3' (or uniform, int, log-int), or a list of choices like [relu, elu]"
    if kind not in KINDS or len(ends) != 2:
        raise UserError(f"{where}{key}: {expected}, found '{given}'")
    try:
        low, high = map(float, ends)
    except ValueError:
        raise UserError(f"{where}{key}: {expected}, found '{given}'") from None
    found = Range(kind, low, high)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UserError(f"{where}{key}: expected a low end below a high end, found '{given}'")
    if found.logarithmic and low <= 0:
        raise UserError(f"{where}{key}: expected ends above 0, since logarithms are taken, found '{given}'")
    if found.whole and not (low.is_integer() and high.is_integer()):
        raise UserError(f"{where}{key}: expected whole numbers, found '{given}'")
    return found


def _check_key(key: str, where: str) -> None:
    if key in FIXED:
        raise UserError(f"{where}: cannot be searched; every stage sets it")
    address = address_of(key)
    if address is None or address.section not in SEARCHED:
        raise UserError(f"{where}: unknown key; expected network.F, training.F or tricks.TRICK.PARAMETER")
    address.check(where)


def ends(space: Space) -> list[Values]:
    """Points that together hold the ends of every range and every choice once, to be checked before a search."""
    columns = {
        key: list(dimension.values) if isinstance(dimension, Choice) else [dimension.at(0), dimension.at(1)]
        for key, dimension in space.items()
    }
    return [
        {key: column[min(index, len(column) - 1)] for key, column in columns.items()}
        for index in range(max(map(len, columns.values())))
    ]


def narrowed(space: Space, best: Sequence[Values]) -> dict[str, Dimension]:
    """The part of a space that good points span, a tenth of the range wider on either side, within the space.

    Args:
        space: of the stage before.
        best: its best points, one at least.
    """
    return {key: _narrowed(dimension, [point[key] for point in best]) for key, dimension in space.items()}


def _narrowed(dimension: Dimension, best: Sequence[Any]) -> Dimension:
    if isinstance(dimension, Choice):
        return Choice(tuple(value for value in dimension.values if value in best))
    places = [dimension.place(value) for value in best]
    low, high = dimension.at(max(0.0, min(places) - MARGIN)), dimension.at(min(1.0, max(places) + MARGIN))
    return Range(dimension.kind, low, high)


def at_edge(dimension: Dimension, value: Any) -> bool:
    """Whether a value lies so near to an end of its range that better ones may lie beyond."""
    return isinstance(dimension, Range) and not MARGIN / 2 < dimension.place(value) < 1 - MARGIN / 2


def grid(space: Space, trials: int) -> list[Values]:
    """All combinations of evenly spaced values, each in the middle of its share of the range: as many an axis as
    `trials` permit, two at least.

    Raises:
        UserError: even two values a range and all choices make more combinations than `trials`.
    """
    counts = {
        key: len(dimension.values) if isinstance(dimension, Choice) else 2 for key, dimension in space.items()
    }
    if math.prod(counts.values()) > trials:
        raise UserError(
            f"--sampler grid: expected {math.prod(counts.values())} trials or more, since even two values a range make "
            f"as many combinations, found {trials}"
        )
    while larger := _finer(space, counts, trials):
        counts = larger
    columns = {
        key: list(dimension.values)
        if isinstance(dimension, Choice)
        else list(dict.fromkeys(dimension.at((number + 0.5) / counts[key]) for number in range(counts[key])))
        for key, dimension in space.items()
    }
    return [dict(zip(columns, point, strict=True)) for point in itertools.product(*columns.values())]


def _finer(space: Space, counts: Mapping[str, int], trials: int) -> dict[str, int] | None:
    """One value more for the coarsest axis that can have it."""
    for key in sorted(counts, key=lambda key: counts[key]):
        dimension, more = space[key], {**counts, key: counts[key] + 1}
        if isinstance(dimension, Choice) or (
            dimension.whole and more[key] > dimension.high - dimension.low + 1
        ):
            continue
        if math.prod(more.values()) <= trials:
            return more
    return None
