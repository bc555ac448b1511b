"""Seeds on demand: looking at the verdicts several times, without looking oneself into a discovery.

A comparison may be tested at a few planned numbers of seeds. Each look has a share of alpha, spent as Lan and DeMets
1983 spend it with Pocock's function, f(t) = log(1 + (e - 1) t) at t = seeds / most seeds; O'Brien and Fleming's would
spend less than a hundredth of alpha on three seeds. A comparison's p-value is divided by its look's share, and the
smallest such figure over the looks is its sequential p-value (Liu and Anderson 2008): under "no difference" the chance
that it falls under x is at most x, since the shares sum to 1. Holm's correction of the sequential p-values therefore
keeps the family-wise error over all comparisons and all looks (Maurer and Bretz 2013), whatever decides who gets more
seeds. Lan and DeMets would win back a little by the correlation between looks; that rests on normal increments, which
t-tests of three seeds do not have.

A comparison is told by one look: the one with its smallest p-value where it is up or down, the last one that found its
interval within the margin where it is none, the last one that tested it while it is open. Interval, mean and number of
seeds are of that look, so they agree with the verdict whatever later looks see.

All is computed again from the differences in the order of their seeds, so an interrupted run comes to the same
verdicts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import e, log, nan

import numpy as np
from scipy import special

from ablation.analysis.intervals import ALPHA
from ablation.analysis.judgement import DOWN, MARGIN, NONE, OPEN, UP, within_margin
from ablation.analysis.moderation import Moderated, fit_prior, interval, moderate, moments, p_values
from ablation.analysis.multiplicity import holm, holm_divisor

FIRST, MOST, LOOKS = 3, 20, 4
LEAST_CHANCE = 0.1


@dataclass(frozen=True)
class Plan:
    """When the comparisons are looked at.

    Attributes:
        seeds: at how many seeds, increasing; the last is the most that a comparison gets.
        shares: of alpha, one a look; their sum is 1.
    """

    seeds: tuple[int, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Standing:
    """Where each comparison stands after the looks taken: arrays of shape (..., comparisons).

    Attributes:
        verdict: `judgement.UP`, `DOWN`, `NONE` or `OPEN`.
        p: sequential p-value, corrected by Holm.
        look: by which of the planned looks it is told, counted from 0.
        level: coverage of the interval that the verdict rests on.
        low, high: that interval, of the differences that this look saw; NaN where there is none. It leaves out zero
            where the verdict is up or down, holds zero where it is open, and lies within the margin where it is none.
        divisor: by how many Holm's correction divides alpha for this comparison, before its look's share.
        looks: at how many it was tested, up to the one that it is told by.
        chance: predicted chance that an open comparison is settled at the last planned look; NaN where n < 2.
        wants_seeds: open, with seeds left and a chance of at least 10 %.
    """

    verdict: np.ndarray
    p: np.ndarray
    look: np.ndarray
    level: np.ndarray
    low: np.ndarray
    high: np.ndarray
    divisor: np.ndarray
    looks: np.ndarray
    chance: np.ndarray
    wants_seeds: np.ndarray


def plan_looks(first: int = FIRST, most: int = MOST, looks: int = LOOKS) -> Plan:
    """Looks at numbers of seeds that grow by a constant factor: 3, 6, 11 and 20.

    Args:
        first: seeds at the first look, >= 2.
        most: seeds at the last look, >= first.
        looks: how many, >= 1; fewer where rounding makes two the same.

    Raises:
        ValueError: a number is out of its range.
    """
    if first < 2 or most < first or looks < 1:
        raise ValueError(
            f"looks need 2 <= first <= most and at least one look. Received: first={first}, most={most}, "
            f"looks={looks}"
        )
    seeds = sorted({round(one) for one in np.geomspace(first, most, looks)} | {most})
    spent = [log(1 + (e - 1) * one / most) for one in seeds]
    return Plan(tuple(seeds), tuple(np.diff([0.0, *spent]).tolist()))


def stand(
    differences: np.ndarray, plan: Plan, margin: float = MARGIN, alpha: float = ALPHA, unseen: int = 0
) -> Standing:
    """Where the primary comparisons of a study stand.

    Args:
        differences: shape (..., comparisons, seeds), step minus base in the order of the seeds; NaN where a pair
            is missing, as after the seeds that a comparison was given. Looks beyond the last axis are not taken.
            A comparison is tested at a look only if it has gained a pair since the one before.
        plan: the looks, settled before the first.
        margin: a difference no larger than this is none; 0 leaves "no difference" out.
        alpha: chance allowed that any comparison is falsely called up or down at any look.
        unseen: primary comparisons of the study that were not run; each counts in the correction with p = 1.

    Raises:
        ValueError: there are fewer seeds than the first look needs.
    """
    if differences.shape[-1] < plan.seeds[0]:
        raise ValueError(f"the first look is at {plan.seeds[0]} seeds. Received: {differences.shape[-1]}")
    shape = differences.shape[:-1]
    sequential, before = np.full(shape, nan), np.zeros(shape, int)
    best, equal, last = np.zeros(shape, int), np.full(shape, -1), np.zeros(shape, int)
    taken, tested = [], []
    for place, (seeds, share) in enumerate(zip(plan.seeds, plan.shares, strict=True)):
        if seeds > differences.shape[-1]:
            break
        found, borrowed = _look(differences[..., :seeds])
        gained = (found.n > before) & (found.n > 1)
        p = np.minimum(p_values(found) / share, 1.0)
        better = gained & ~(p >= sequential)
        sequential = np.where(better, p, sequential)
        best = np.where(better, place, best)
        equal = np.where(gained & within_margin(found, margin, 1 - 2 * alpha * share), place, equal)
        last = np.where(gained | (found.n < 2), place, last)
        taken.append(found)
        tested.append(gained)
        before = found.n
    family = np.concatenate([sequential, np.ones((*shape[:-1], unseen))], -1)
    compared = slice(shape[-1])
    p = holm(family)[..., compared]
    significant = p < alpha
    look = np.where(significant, best, np.where(equal >= 0, equal, last))
    told = _at(taken, look)
    direction = np.where(told.mean > 0, UP, DOWN)
    verdict = np.where(significant, direction, np.where(equal >= 0, NONE, OPEN))
    divisor = np.where(np.isnan(p), 1.0, holm_divisor(family, alpha)[..., compared])
    chance = _chance_to_settle(found, borrowed, plan, divisor, margin, alpha)
    hopeful = np.isnan(chance) | (chance >= LEAST_CHANCE)
    wants = (verdict == OPEN) & (found.n < plan.seeds[-1]) & hopeful
    spent = alpha * np.array(plan.shares)[look]
    level = np.where(verdict == NONE, 1 - 2 * spent, 1 - spent / divisor)
    low, high = interval(told, level)
    looks = _of_look(np.cumsum(tested, 0), look)
    return Standing(verdict, p, look, level, low, high, divisor, looks, chance, wants)


def _look(differences: np.ndarray) -> tuple[Moderated, np.ndarray]:
    """The moderated moments, and the degrees of freedom that each comparison borrowed."""
    found = moments(differences)
    moderated = moderate(found, fit_prior(found))
    return moderated, moderated.degrees - (found.n - 1)


def _at(taken: Sequence[Moderated], look: np.ndarray) -> Moderated:
    """The moments of each comparison at its look."""
    return Moderated(
        *(
            _of_look(np.stack([getattr(one, field.name) for one in taken]), look)
            for field in fields(Moderated)
        )
    )


def _of_look(values: np.ndarray, look: np.ndarray) -> np.ndarray:
    """Of an array whose first axis is the looks, what each comparison has at its own."""
    return np.take_along_axis(values, look[None], 0)[0]


def _chance_to_settle(
    found: Moderated, borrowed: np.ndarray, plan: Plan, divisor: np.ndarray, margin: float, alpha: float
) -> np.ndarray:
    """Predictive chance of a verdict at the last look, with the deviation as estimated.

    The mean of all `most` seeds is the mean so far plus a t-distributed step of variance s~^2 (1/n - 1/most).
    """
    most, share = plan.seeds[-1], plan.shares[-1]
    deviation, n = np.sqrt(found.variance), np.maximum(found.n, 1)
    step = deviation * np.sqrt(np.maximum(1 / n - 1 / most, 0))
    known = (found.variance > 0) & (step > 0)
    step = np.where(known, step, 1.0)
    degrees = borrowed + most - 1
    error = deviation / np.sqrt(most)
    needed = error * special.stdtrit(degrees, 1 - alpha * share / divisor / 2)
    room = np.maximum(margin - error * special.stdtrit(degrees, 1 - alpha * share), 0) if margin > 0 else 0.0
    room = np.minimum(room, needed)

    def below(threshold: np.ndarray) -> np.ndarray:
        return special.stdtr(found.degrees, (threshold - found.mean) / step)

    chance = below(-needed) + 1 - below(needed) + below(room) - below(-room)
    return np.where(known, chance, nan)
