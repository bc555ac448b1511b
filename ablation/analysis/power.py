"""What a run can and cannot resolve: the power of the paired t-test, moderated or plain, as effects and as seeds."""

import functools
from math import inf, isnan, nan, sqrt

from scipy import special

from ablation.analysis.intervals import ALPHA

POWER = 0.8
MOST_SEEDS = 100_000
NEGLIGIBLE = 8.0  # a mean this many standard errors off falls on the wrong side less than once in 1e15


def power(effect: float, n: int, borrowed: float = 0.0, alpha: float = ALPHA) -> float:
    """Chance that the moderated two-sided test of n pairs sees an effect.

    Args:
        effect: true mean difference in standard deviations of the differences, >= 0.
        n: pairs, >= 2.
        borrowed: degrees of freedom of the prior, >= 0; 0 is the plain paired t-test.
        alpha: chance of a false alarm allowed, after correction.
    """
    degrees, shift = borrowed + n - 1, effect * sqrt(n)
    critical = special.stdtrit(degrees, 1 - alpha / 2)
    wrong_side = special.nctdtr(degrees, shift, -critical) if shift < NEGLIGIBLE else 0.0
    return float(1 - special.nctdtr(degrees, shift, critical) + wrong_side)


def minimum_detectable(
    deviation: float, n: int, borrowed: float = 0.0, alpha: float = ALPHA, wanted: float = POWER
) -> float:
    """The smallest true difference that n pairs detect with the wanted power.

    Args:
        deviation: standard deviation of the paired differences, >= 0.
        n, borrowed, alpha: as in `power`.

    Returns:
        A difference in the units of `deviation`; NaN where n < 2.
    """
    if n < 2 or isnan(deviation):
        return nan
    return deviation * _detectable_effect(n, borrowed, alpha, wanted)


@functools.lru_cache(maxsize=1024)
def _detectable_effect(n: int, borrowed: float, alpha: float, wanted: float) -> float:
    """`minimum_detectable` at a deviation of one: the comparisons of a study share it."""
    low, high = 0.0, 1.0
    while power(high, n, borrowed, alpha) < wanted:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle, n, borrowed, alpha) >= wanted else (middle, high)
    return high


def seeds_needed(
    mean: float, deviation: float, borrowed: float = 0.0, alpha: float = ALPHA, wanted: float = POWER
) -> float:
    """Fewest pairs that would show a difference, were it and its spread as large as measured.

    Args:
        mean, deviation: of the paired differences.
        borrowed, alpha: as in `power`.

    Returns:
        A whole number >= 2; infinity where more than 100,000 would be needed, or where the differences have no
        spread to reckon with; NaN where the deviation is unknown.
    """
    if isnan(mean) or isnan(deviation):
        return nan
    if deviation == 0 or power(abs(mean) / deviation, MOST_SEEDS, borrowed, alpha) < wanted:
        return inf
    low, high = 1, 2
    while power(abs(mean) / deviation, high, borrowed, alpha) < wanted:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        enough = power(abs(mean) / deviation, middle, borrowed, alpha) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return float(high)
