"""Moderated paired t: a comparison of three seeds borrows strength from the others of its study (Smyth 2004).

Three differences say little of their own spread, but the spreads of all comparisons of a study together say
what is usual there. Each variance is drawn towards that common one, and is then worth more degrees of freedom:

    s~^2 = (d0 s0^2 + d s^2) / (d0 + d),   d = n - 1,   t = mean / (s~ / sqrt(n)) on d0 + d degrees

Two guards keep the error where few comparisons of three seeds have unequal spreads: d0 is estimated with its
standard error against it (`fit_prior`), and a comparison that is plainly noisier than the rest borrows nothing
(`moderate`). `results/reference/statistics/simulation.txt` shows what they hold.

`estimates` is the way in for one study. The functions below it work on whole batches of studies, which is how
`tests/simulate_verdicts.py` measures what they promise. Everything is in the units of the differences handed in.

Sources: Smyth, Linear models and empirical Bayes methods for assessing differential expression in microarray
experiments, Stat. Appl. Genet. Mol. Biol. 3(1), 2004, sections 3 and 6.2; Phipson, Lee, Majewski, Alexander and Smyth,
Robust hyperparameter estimation, Ann. Appl. Stat. 10(2), 2016, on noisy comparisons that should not borrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from scipy import special

from ablation.analysis.intervals import LEVEL, Estimate

NARROW_LEVEL = 0.9
DOUBT = 0.5  # standard errors by which the prior is taken to be less sure than estimated
TOO_NOISY = 0.9  # share of comparisons with the common deviation that stay below: the others borrow nothing
ROUNDING = 1e-12


@dataclass(frozen=True)
class Prior:
    """What is known of the spread of a comparison before its own seeds are looked at.

    Attributes:
        deviation: s0, the common standard deviation of paired differences, > 0; NaN where degrees = 0.
        degrees: d0, how many degrees of freedom the common deviation is worth, >= 0; 0 is the plain t-test.

    Both are arrays of shape (...) where the prior is that of a batch of studies.
    """

    deviation: float | np.ndarray
    degrees: float | np.ndarray


NO_PRIOR = Prior(nan, 0.0)


@dataclass(frozen=True)
class ModeratedEstimate(Estimate):
    """An `Estimate` whose interval and p-value rest on the moderated deviation.

    Attributes:
        deviation: s~, the moderated standard deviation; NaN where n < 2.
        degrees: degrees of freedom of interval and p-value: d0 + n - 1, or n - 1 of a comparison too noisy to
            borrow; NaN where n < 2.
        narrow_low, narrow_high: the 90 % interval, which equivalence within a margin is judged by.
    """

    degrees: float
    narrow_low: float
    narrow_high: float


@dataclass(frozen=True)
class Moments:
    """Number, mean and variance (n - 1) of each comparison's differences: arrays of shape (..., comparisons).

    The mean is NaN where n = 0, the variance NaN where n < 2 and exactly 0 where the differences are equal up
    to rounding.
    """

    n: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True)
class Moderated:
    """`Moments` whose variance is moderated, with its degrees of freedom: arrays of shape (..., comparisons)."""

    n: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    degrees: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """Standard error of the mean."""
        return np.sqrt(self.variance / np.maximum(self.n, 1))


def estimates(
    differences: Sequence[np.ndarray], prior: Prior | None = None, level: float = LEVEL
) -> tuple[Prior, tuple[ModeratedEstimate, ...]]:
    """The moderated paired t-test of each comparison of one study.

    Args:
        differences: one array of shape (n,) a comparison, step minus base at the same seed, finite; n may
            differ from one to the next. A pair of steps that is compared twice is handed in once.
        prior: what to borrow from instead, `NO_PRIOR` for the plain t-test; None fits it to these differences.
        level: coverage of low and high, in (0, 1).

    Returns:
        The prior used, and one estimate a comparison. A comparison of fewer than two seeds has no interval.
        Equal differences are no proof: with a prior they are judged by it, and without one by the exact
        sign-flip test (`smallest_p`), whose interval is the point itself where the test can reach the level and
        NaN where it cannot.

    Raises:
        ValueError: a difference is not finite.
    """
    if not all(np.isfinite(one).all() for one in differences):
        raise ValueError(f"paired differences have to be finite. Received: {list(differences)}")
    if not differences:
        return prior or NO_PRIOR, ()
    found = moments(pad(differences))
    used = fit_prior(found) if prior is None else prior
    used = Prior(float(used.deviation), float(used.degrees))
    moderated = moderate(found, used)
    columns = zip(
        moderated.n.tolist(),
        moderated.mean.tolist(),
        *(column.tolist() for column in interval(moderated, level)),
        p_values(moderated).tolist(),
        np.sqrt(moderated.variance).tolist(),
        moderated.degrees.tolist(),
        *(column.tolist() for column in interval(moderated, NARROW_LEVEL)),
        strict=True,
    )
    return used, tuple(ModeratedEstimate(*row) for row in columns)


def pad(differences: Sequence[np.ndarray]) -> np.ndarray:
    """Differences of unequal number as one array, NaN where a comparison has no further seed.

    Returns:
        Shape (comparisons, the largest n).
    """
    padded = np.full((len(differences), max(map(len, differences))), nan)
    for row, one in zip(padded, differences, strict=True):
        row[: len(one)] = one
    return padded


def moments(differences: np.ndarray) -> Moments:
    """Number, mean and variance of each comparison's differences.

    Args:
        differences: shape (..., comparisons, seeds), NaN where a comparison lacks a seed.
    """
    there = ~np.isnan(differences)
    n = there.sum(-1)
    mean = np.where(n > 0, np.where(there, differences, 0).sum(-1) / np.maximum(n, 1), nan)
    squares = np.where(there, differences - mean[..., None], 0) ** 2
    variance = np.where(n > 1, squares.sum(-1) / np.maximum(n - 1, 1), nan)
    equal = variance <= (ROUNDING * np.fmax(1.0, np.abs(mean))) ** 2
    return Moments(n, mean, np.where(equal, 0.0, variance))


def fit_prior(found: Moments) -> Prior:
    """The common deviation of each study, and how many degrees of freedom it may safely be worth.

    With e = log s^2 - digamma(d/2) + log(d/2), Smyth's section 6.2 sets trigamma(d0/2) to the variance of the e
    less mean trigamma(d/2), what the sampling of the s^2 alone adds. From the few comparisons of a study that
    estimate is itself so uncertain that half of all studies would borrow too much (family-wise errors of 10 to
    17 %). So half a standard error of it is added first: the more comparisons agree, and the more seeds they have,
    the more degrees they are worth (of three seeds, about 4 with 7 comparisons and 6 with 21). A whole one
    would keep the error a point lower, and miss 7 to 10 more in a hundred effects of four deviations.

    s0^2 is the larger of exp(mean e) and the median of the s^2: a few tiny spreads do not lower it. Comparisons
    of zero spread have no logarithm and are left out; so are those of fewer than two seeds.

    Returns:
        deviation and degrees of shape (...); degrees 0 where fewer than two comparisons have a spread.
    """
    usable = (found.n > 1) & (found.variance > 0)
    count = usable.sum(-1)
    enough = count > 1
    place = np.where(usable, found.n, 2)
    half = np.maximum(np.arange(place.max() + 1) - 1, 1) / 2

    def mean(values: np.ndarray, number: np.ndarray) -> np.ndarray:
        return np.where(usable, values, 0).sum(-1) / np.maximum(number, 1)

    variance = np.where(usable, found.variance, 1.0)
    log = np.log(variance) - (special.digamma(half) - np.log(half))[place]
    centre = mean(log, count)
    noise = mean(special.polygamma(1, half)[place], count)
    spread = mean((log - centre[..., None]) ** 2, count - 1) - noise
    fourth = mean(special.polygamma(3, half)[place], count)
    error = np.sqrt(fourth / np.maximum(count, 1) + 2 * noise**2 / np.maximum(count - 1, 1))
    doubt = np.where(enough, np.maximum(spread, 0) + DOUBT * error, 1.0)
    degrees = np.where(enough, 2 * _inverse_trigamma(doubt), 0.0)
    median = _median(variance, usable)
    deviation = np.where(enough, np.sqrt(np.maximum(np.exp(centre), median)), nan)
    return Prior(deviation, degrees)


def moderate(found: Moments, prior: Prior) -> Moderated:
    """Draw the variances towards the prior's.

    Where s^2 / s0^2 lies above the 90 % point of F(d, infinity) the comparison is not one of the common
    deviation: it keeps its own variance and d = n - 1 degrees. Without this guard the interval of one comparison
    of three seeds, eight times as noisy as 13 others, covered 82 % instead of 93 %.

    Args:
        prior: one for all studies, or arrays of the shape (...) that `found` has before its last axis.
    """
    common = np.asarray(prior.deviation, float)[..., None] ** 2
    own = np.where(found.n > 1, found.n - 1, nan)
    noisy = found.variance > common * special.chdtri(own, 1 - TOO_NOISY) / own
    borrowed = np.where(noisy, 0.0, np.asarray(prior.degrees, float)[..., None])
    degrees = borrowed + own
    pooled = (np.where(borrowed > 0, borrowed * common, 0) + own * found.variance) / degrees
    return Moderated(found.n, found.mean, pooled, degrees)


def p_values(found: Moderated) -> np.ndarray:
    """Two-sided p-values of "the true mean is zero", shape (..., comparisons); NaN where n < 2.

    Where no spread is left the exact sign-flip test stands in, as in `intervals.smallest_p`.
    """
    error = found.error
    spread = error > 0
    t = np.abs(found.mean) / np.where(spread, error, 1.0)
    p = 2 * special.stdtr(found.degrees, -t)
    flipped = np.where(np.abs(found.mean) > ROUNDING, 2.0 ** (1 - found.n), 1.0)
    return np.where(error == 0, flipped, p)


def half_widths(found: Moderated, level: float | np.ndarray) -> np.ndarray:
    """Half the length of the interval of each mean, shape (..., comparisons).

    Args:
        level: coverage, in (0, 1); one for all or one a comparison.
    """
    width = found.error * special.stdtrit(found.degrees, (1 + np.asarray(level)) / 2)
    exact = 2.0 ** (1 - found.n) <= 1 - np.asarray(level)
    return np.where(found.variance == 0, np.where(exact, 0.0, nan), width)


def interval(found: Moderated, level: float | np.ndarray = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Low and high of each mean, shape (..., comparisons); NaN where there is no interval."""
    width = half_widths(found, level)
    return found.mean - width, found.mean + width


def _inverse_trigamma(values: np.ndarray) -> np.ndarray:
    """x with trigamma(x) = value, by Newton's method on 1/trigamma (Smyth 2004, appendix)."""
    x = 0.5 + 1 / values
    for _ in range(8):
        trigamma = special.polygamma(1, x)
        x = x + trigamma * (1 - trigamma / values) / special.polygamma(2, x)
    return x


def _median(values: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Median over the last axis of the values that are usable; of none, that of what sorting puts last."""
    ordered = np.sort(np.where(usable, values, np.inf), -1)
    count = np.maximum(usable.sum(-1), 1)
    middle = [
        np.take_along_axis(ordered, place[..., None], -1)[..., 0] for place in ((count - 1) // 2, count // 2)
    ]
    return (middle[0] + middle[1]) / 2
