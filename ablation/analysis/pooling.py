"""What several runs say together about one trick: a random-effects mean."""

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from scipy import special

from ablation.analysis.intervals import LEVEL


@dataclass(frozen=True)
class Pooled:
    """The mean effect of a trick over runs that differ in data, network and budget.

    Attributes:
        runs: how many were pooled.
        mean: the random-effects mean, in the units of the runs' means.
        low, high: its interval; NaN where there is one run, which does not tell how runs differ.
        tau: standard deviation of the true effects between runs; NaN where there is one run.
        smallest, largest: range of the runs' means.
    """

    runs: int
    mean: float
    low: float
    high: float
    tau: float
    smallest: float
    largest: float


def pool(means: np.ndarray, errors: np.ndarray, level: float = LEVEL) -> Pooled:
    """Random-effects mean with Paule and Mandel's tau and Hartung and Knapp's interval.

    tau^2 solves sum w (mean - pooled)^2 = runs - 1 with w = 1 / (error^2 + tau^2) (Paule and Mandel 1982), which is
    0 where the runs differ no more than their errors say. The interval is that of Hartung and Knapp 2001 on
    runs - 1 degrees of freedom; its factor q equals 1 wherever tau > 0 and is not let fall under 1 elsewhere
    (Röver, Knapp and Friede 2015), so the standard error is 1 / sqrt(sum w).

    Args:
        means: shape (runs,), finite.
        errors: shape (runs,), their standard errors, > 0; those of a moderated test are steadier.
        level: coverage, in (0, 1).

    Raises:
        ValueError: there is no run, or an error is not positive.
    """
    means, errors = np.asarray(means, float), np.asarray(errors, float)
    if not len(means) or means.shape != errors.shape or not np.isfinite(means).all():
        raise ValueError(f"expected finite means, each with its error. Received: {means} and {errors}")
    if not (np.isfinite(errors) & (errors > 0)).all():
        raise ValueError(f"standard errors have to be positive. Received: {errors}")
    runs, smallest, largest = len(means), float(means.min()), float(means.max())
    if runs == 1:
        return Pooled(1, smallest, nan, nan, nan, smallest, largest)
    between = _between(means, errors**2)
    weights = 1 / (errors**2 + between)
    mean = float(np.average(means, weights=weights))
    half = float(special.stdtrit(runs - 1, (1 + level) / 2)) / sqrt(weights.sum())
    return Pooled(runs, mean, mean - half, mean + half, sqrt(between), smallest, largest)


def _between(means: np.ndarray, variances: np.ndarray) -> float:
    """Paule and Mandel's tau^2, by bisection: the weighted squares fall as tau^2 grows."""

    def excess(between: float) -> float:
        weights = 1 / (variances + between)
        centre = np.average(means, weights=weights)
        return float((weights * (means - centre) ** 2).sum()) - (len(means) - 1)

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(np.var(means, ddof=1))
    while excess(high) > 0:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high
