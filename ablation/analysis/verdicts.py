"""A comparison as a value: what it shows, in words, and its figure."""

from dataclasses import dataclass
from math import isnan

from ablation.analysis.intervals import ALPHA, Estimate
from ablation.wording import points

HELPS, HURTS, OPEN, CHANCE = "helps", "hurts", "not separable", "chance"
KINDS = (HELPS, HURTS, OPEN, CHANCE)


@dataclass(frozen=True)
class Verdict:
    """What a comparison shows.

    Attributes:
        kind: one of `KINDS`, or "" where nothing is compared.
        words: for people, without the figure: "helps", "not separable at n = 3 after correction".
        figure: the difference, "+3.2 points", or why there is none.
    """

    kind: str = ""
    words: str = ""
    figure: str = ""

    def __str__(self) -> str:
        return f"{self.words}: {self.figure}" if self.kind else ""


def verdict(difference: Estimate, p_adjusted: float, alpha: float = ALPHA) -> Verdict:
    """Whether a step helps, as far as its pairs can tell.

    Args:
        difference: paired difference of test accuracies, step minus base.
        p_adjusted: its p-value after the correction for all comparisons of the study.

    Returns:
        "helps: +3.2 points", "hurts: −1.0 points", "not separable at n = 3: +0.4 points"; "at n = 3 after
        correction" where the difference would have passed as the study's only one.
    """
    if difference.n == 0:
        return Verdict(OPEN, OPEN, "no pair of finished trials")
    figure = f"{points(difference.mean)} points"
    if difference.n == 1:
        return Verdict(OPEN, f"{OPEN} at n = 1", f"{figure}, no interval")
    if isnan(p_adjusted) or p_adjusted >= alpha:
        why = " after correction" if difference.p < alpha else ""
        return Verdict(OPEN, f"{OPEN} at n = {difference.n}{why}", figure)
    kind = HELPS if difference.mean > 0 else HURTS
    return Verdict(kind, kind, figure)


def chance(difference: Estimate) -> Verdict:
    """Of a step that changes nothing: whatever it moves is chance."""
    return Verdict(CHANCE, CHANCE, f"{points(difference.mean)} points") if difference.n else Verdict()


def written(text: str) -> Verdict:
    """A verdict as `summary.csv` holds it, read back; of older tables too, which hold no `verdict_kind`.

    Args:
        text: a cell of the column `verdict`, or its words alone.
    """
    words, _, figure = text.partition(": ")
    return Verdict(next((kind for kind in KINDS if words.startswith(kind)), ""), words, figure)
