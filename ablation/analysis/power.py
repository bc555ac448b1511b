"""What a run can and cannot resolve: the paired t-test's power, turned into effects and into seeds."""

from math import inf, isnan, nan, sqrt

from scipy import special

from ablation.analysis.intervals import ALPHA

POWER = 0.8
MOST_SEEDS = 100_000
NEGLIGIBLE = 8.0  # a mean this many standard errors off falls on the wrong side less than once in 1e15


def power(effect: float, n: int, alpha: float = ALPHA) -> float:
    """Chance that a two-sided paired t-test of n pairs sees an effect.

    Args:
        effect: true mean difference in standard deviations of the differences, >= 0.
        n: pairs, >= 2.
        alpha: chance of a false alarm allowed.
    """
    critical = special.stdtrit(n - 1, 1 - alpha / 2)
    shift = effect * sqrt(n)
    wrong_side = special.nctdtr(n - 1, shift, -critical) if shift < NEGLIGIBLE else 0.0
    return float(1 - special.nctdtr(n - 1, shift, critical) + wrong_side)


def minimum_detectable(deviation: float, n: int, alpha: float = ALPHA, wanted: float = POWER) -> float:
    """The smallest true difference that n pairs detect with the wanted power.

    Args:
        deviation: standard deviation of the paired differences, >= 0.
        n: pairs.

    Returns:
        A difference in the units of `deviation`; NaN where n < 2.
    """
    if n < 2 or isnan(deviation):
        return nan
    low, high = 0.0, 1.0
    while power(high, n, alpha) < wanted:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle, n, alpha) >= wanted else (middle, high)
    return deviation * high


def seeds_needed(mean: float, deviation: float, alpha: float = ALPHA, wanted: float = POWER) -> float:
    """Fewest seeds that would resolve a difference, were it and its spread as large as measured.

    Args:
        mean: mean paired difference.
        deviation: standard deviation of the paired differences.

    Returns:
        A whole number >= 2; infinity where more than 100,000 would be needed; NaN where the deviation is
        unknown.
    """
    if isnan(mean) or isnan(deviation):
        return nan
    if deviation == 0:
        return 2.0 if mean else inf
    effect = abs(mean) / deviation
    if power(effect, MOST_SEEDS, alpha) < wanted:
        return inf
    low, high = 1, 2
    while power(effect, high, alpha) < wanted:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(effect, middle, alpha) >= wanted else (middle, high)
    return float(high)
