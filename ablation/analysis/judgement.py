"""Verdicts on paired differences: what a comparison shows, and the interval that its verdict rests on.

A verdict is one of four. The difference is *up* or *down* where Holm's correction over the study's primary
comparisons rejects "no difference"; it is *none* where it is not significant and the 90 % interval lies within the
margin, which is the two one-sided tests of Schuirmann 1987 at 5 % each; and it is *open* otherwise.

The correction guards the claim "something changed here". "No difference" is not corrected: each such verdict is wrong
with a chance of at most 5 % where the true difference is as large as the margin, while a study of several comparisons
that all lie at the margin calls some of them equal more often than that. A reader of "no difference" asks about that
one trick, and a correction would only turn the verdict into "open". The simulation states both rates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from ablation.analysis.intervals import ALPHA
from ablation.analysis.moderation import (
    NARROW_LEVEL,
    Moderated,
    ModeratedEstimate,
    half_widths,
    interval,
    p_values,
)
from ablation.analysis.multiplicity import holm, holm_divisor
from ablation.analysis.power import minimum_detectable, seeds_needed
from ablation.measures import Measure

MARGIN = 0.01
UP, DOWN, NONE, OPEN = 1, -1, 0, 2


@dataclass(frozen=True)
class Words:
    """What the four verdicts are called for one measure."""

    up: str
    down: str
    none: str = "no difference"
    open: str = "open"

    def of(self, verdict: int) -> str:
        """The word of `UP`, `DOWN`, `NONE` or `OPEN`."""
        return {UP: self.up, DOWN: self.down, NONE: self.none, OPEN: self.open}[verdict]


ACCURACY = Words("helps", "hurts")
GAP = Words("widens", "narrows")


def words_of(measure: Measure) -> Words:
    """Whether a larger value helps or hurts."""
    return ACCURACY if measure.higher_is_better else Words(ACCURACY.down, ACCURACY.up)


@dataclass(frozen=True)
class Decisions:
    """Verdicts of a batch of studies: arrays of shape (..., comparisons).

    Attributes:
        verdict: `UP`, `DOWN`, `NONE` or `OPEN`.
        p: corrected for the primary comparisons; a comparison outside them has its own; NaN where n < 2.
        level: coverage of the interval that the verdict rests on.
    """

    verdict: np.ndarray
    p: np.ndarray
    level: np.ndarray


@dataclass(frozen=True)
class Judgement:
    """What one comparison shows.

    Attributes:
        verdict: one of the measure's four words.
        primary: whether the comparison belongs to the family that is corrected for; else it is exploratory.
        p: corrected p-value (its own where exploratory); NaN where n < 2.
        comparisons: by how many alpha was divided for this comparison, 1 where exploratory.
        level: coverage of low and high: 0.9 for "no difference", else 1 - alpha / comparisons.
        low, high: the interval that the verdict rests on. It leaves out zero where the verdict is up or down, holds
            zero where it is open, and lies within the margin where it is "no difference"; NaN where there is none.
        seeds_needed: pairs that would settle the comparison four times in five, at the corrected level, were
            mean and deviation as measured; infinity where no number up to 100,000 would; NaN where the verdict
            is not open or n < 2.
        detectable: smallest true difference that the same number of pairs finds four times in five, at the
            corrected level; NaN where n < 2.
    """

    verdict: str
    primary: bool
    p: float
    comparisons: int
    level: float
    low: float
    high: float
    seeds_needed: float
    detectable: float


def judge(
    estimates: Sequence[ModeratedEstimate],
    words: Words = ACCURACY,
    primary: Sequence[bool] | None = None,
    margin: float = MARGIN,
    alpha: float = ALPHA,
    unseen: int = 0,
) -> tuple[Judgement, ...]:
    """The verdict of each comparison of one study.

    Args:
        estimates: from `moderation.estimates`; a pair that is compared twice has to be handed in once.
        words: what the verdicts are called.
        primary: whether each comparison is in the family that is corrected for; None where all are.
        margin: a difference no larger than this is none, in the units of the estimates, >= 0; 0 leaves "no
            difference" out.
        alpha: chance allowed that any primary comparison is falsely called up or down.
        unseen: primary comparisons of the study that were not run; each counts in the correction with p = 1.

    Raises:
        ValueError: the margin is negative, or `primary` is of another length.
    """
    if not margin >= 0:
        raise ValueError(f"margin has to be 0 or more. Received: {margin}")
    family = np.ones(len(estimates), bool) if primary is None else np.asarray(primary, bool)
    if len(family) != len(estimates):
        raise ValueError(f"primary needs one value a comparison ({len(estimates)}). Received: {primary}")
    no_difference = [(2, 0.0, 1.0, 1.0)] * unseen
    rows = [(one.n, one.mean, one.deviation**2, one.degrees) for one in estimates] + no_difference
    columns = np.array(rows, float).reshape(-1, 4).T
    found = Moderated(columns[0].astype(int), *columns[1:])
    family = np.append(family, np.ones(unseen, bool))
    decided = decide(found, family, margin, alpha)
    low, high = interval(found, decided.level)
    divisors = divisor(found, family, alpha)
    judged = []
    for i, one in enumerate(estimates):
        level, borrowed = alpha / divisors[i], one.degrees - (one.n - 1)
        is_open = decided.verdict[i] == OPEN
        judged.append(
            Judgement(
                words.of(int(decided.verdict[i])),
                bool(family[i]),
                float(decided.p[i]),
                int(divisors[i]),
                float(decided.level[i]),
                float(low[i]),
                float(high[i]),
                seeds_needed(one.mean, one.deviation, borrowed, level) if is_open else nan,
                minimum_detectable(one.deviation, one.n, borrowed, level),
            )
        )
    return tuple(judged)


def decide(
    found: Moderated, primary: np.ndarray | None = None, margin: float = MARGIN, alpha: float = ALPHA
) -> Decisions:
    """The verdicts of whole batches of studies.

    Args:
        found: moments of shape (..., comparisons).
        primary: of a shape that broadcasts to it; None where all comparisons are primary.
        margin, alpha: as in `judge`.
    """
    own = p_values(found)
    family = np.broadcast_to(True if primary is None else primary, own.shape)
    p = np.where(family, holm(np.where(family, own, nan)), own)
    corrected = 1 - alpha / divisor(found, family, alpha)
    significant = p < alpha
    none = ~significant & within_margin(found, margin, NARROW_LEVEL)
    direction = np.where(found.mean > 0, UP, DOWN)
    verdict = np.where(significant, direction, np.where(none, NONE, OPEN))
    return Decisions(verdict, p, np.where(none, NARROW_LEVEL, corrected))


def divisor(found: Moderated, primary: np.ndarray, alpha: float = ALPHA) -> np.ndarray:
    """By how much alpha is divided for each comparison: `holm_divisor` where primary, else 1."""
    share = holm_divisor(np.where(primary, p_values(found), nan), alpha)
    return np.where(np.isnan(share), 1.0, share)


def within_margin(found: Moderated, margin: float, level: float) -> np.ndarray:
    """Whether the interval of that level lies within +-margin, shape (..., comparisons); never at margin 0."""
    return (margin > 0) & (np.abs(found.mean) + half_widths(found, level) <= margin)
