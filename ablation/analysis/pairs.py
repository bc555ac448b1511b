"""Pairing by seed: what a step changes at the same seed."""

from collections.abc import Collection
from dataclasses import dataclass
from math import isnan

import numpy as np

from ablation.analysis.steps import AA, Step, Steps, control_kind

ACCURACY, GAP = "test_accuracy", "gap"


@dataclass(frozen=True)
class Pairs:
    """A step beside its base, seed by seed.

    Attributes:
        values: shape (2, pairs), a figure of the step and that of its base, by seed. A control is what its base is
            held against: there it is the other way round.
        key: configuration hashes of minuend and subtrahend, a pair a seed: equal where two designs compare the same
            trials.
        seeds: of the pairs, ascending.
    """

    values: np.ndarray
    key: tuple[tuple[str, str], ...]
    seeds: tuple[int, ...]

    @property
    def differences(self) -> np.ndarray:
        """Shape (pairs,): the first of the two values minus the second."""
        return self.values[0] - self.values[1]

    @property
    def forward(self) -> bool:
        """Whether the minuend's hash comes first in the alphabet."""
        return all(first <= second for first, second in self.key[:1])

    @property
    def unordered(self) -> tuple[tuple[str, ...], ...]:
        """The key of the same trials whichever is taken from which."""
        return tuple(tuple(sorted(pair)) for pair in self.key)

    def without(self, seeds: Collection[int]) -> "Pairs":
        """Those of the other seeds."""
        kept = [place for place, seed in enumerate(self.seeds) if seed not in seeds]
        return Pairs(
            self.values[:, kept],
            tuple(self.key[place] for place in kept),
            tuple(self.seeds[place] for place in kept),
        )


def paired(steps: Steps, step: Step, figure: str = ACCURACY) -> Pairs:
    """A step and its base; no pair where it has none, or where one of the two lacks the figure.

    Args:
        figure: the column of `trials.csv` that is compared.
    """
    base = steps.base(step)
    if base is None:
        return Pairs(np.empty((2, 0)), (), ())
    pair = [_by_seed(steps, one, figure) for one in (step, base)]
    if control_kind(step) not in ("", AA):
        pair.reverse()
    first, second = pair
    seeds = tuple(sorted(first.keys() & second.keys()))
    values = np.array([[one[seed][0] for seed in seeds] for one in (first, second)], float)
    return Pairs(values, tuple((first[seed][1], second[seed][1]) for seed in seeds), seeds)


def _by_seed(steps: Steps, step: Step, figure: str) -> dict[int, tuple[float, str]]:
    """A figure of a step's done trials that have it, with the configuration hash."""
    trials = steps.trials(step)
    rows = zip(trials["seed"], trials[figure], trials["config_hash"], strict=True)
    return {int(seed): (value, config) for seed, value, config in rows if not isnan(value)}
