"""Whether a network learned anything at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

CHANCE_ALPHA = 1e-3
YES, NO = "yes", "no"


def above_chance(accuracy: float, images: int, classes: int) -> float:
    """Exact one-sided binomial p-value of the hits being guesses.

    Args:
        accuracy: share of hits, 0-1.
        images: how many were judged.
        classes: guessed with equal chances.
    """
    hits = round(accuracy * images)
    return float(special.bdtrc(hits - 1, images, 1 / classes)) if hits > 0 else 1.0


def is_above_chance(accuracy: float, images: int, classes: int) -> bool:
    """Whether a network hit more than guessing explains, at `CHANCE_ALPHA`; arguments as of `above_chance`."""
    return above_chance(accuracy, images, classes) < CHANCE_ALPHA


@dataclass(frozen=True)
class Learned:
    """How many seeds of a step left chance.

    Attributes:
        count: seeds whose training accuracy is above chance.
        seeds: seeds that ended, well or diverged.
    """

    count: int
    seeds: int

    @property
    def always(self) -> bool:
        """Whether every seed learned."""
        return self.count == self.seeds

    @property
    def told(self) -> str:
        """`2 of 3`."""
        return f"{self.count} of {self.seeds}"

    def __str__(self) -> str:
        """`yes`, `no` or `2 of 3 seeds`; empty where there is no trial."""
        if not self.seeds:
            return ""
        return YES if self.always else NO if not self.count else f"{self.told} seeds"


def learned(train_accuracies: Sequence[float], diverged: int, images: int, classes: int) -> Learned:
    """How many seeds of a step left chance on their training images.

    Args:
        train_accuracies: of the done trials, one a seed.
        diverged: trials that left the finite numbers: those did not learn.
        images: training images that each accuracy is of.
        classes: how many.
    """
    count = sum(is_above_chance(one, images, classes) for one in train_accuracies)
    return Learned(count, len(train_accuracies) + diverged)
