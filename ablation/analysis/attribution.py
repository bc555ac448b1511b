"""What each trick contributes, whatever the order in which tricks are added."""

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from ablation.analysis.crossed import crossed_mean
from ablation.analysis.intervals import LEVEL, estimate


@dataclass(frozen=True)
class Shapley:
    """A Shapley value estimated from sampled orders.

    Attributes:
        orders: how many.
        value: mean marginal contribution, NaN where nothing was measured.
        low, high: its interval over orders and seeds, or over seeds alone of all orders there are; NaN where that takes
            two of what there is but one.
        error: its standard error; NaN likewise.
    """

    orders: int
    value: float
    low: float
    high: float
    error: float


def shapley(marginals: np.ndarray, level: float = LEVEL, every: bool = False) -> Shapley:
    """The Shapley value of a trick (Castro, Gomez and Tejada 2009), with an interval over orders and seeds.

    Args:
        marginals: shape (orders, seeds), what adding the trick at its place in that order changed under that seed.
        level: coverage of the interval.
        every: whether the orders are all that there are: then only seeds are drawn at random.
    """
    if not marginals.size:
        return Shapley(len(marginals), nan, nan, nan, nan)
    if every:
        over_seeds = estimate(marginals.mean(axis=0), level)
        error = over_seeds.deviation / sqrt(over_seeds.n)
        return Shapley(len(marginals), over_seeds.mean, over_seeds.low, over_seeds.high, error)
    found = crossed_mean(marginals, level)
    return Shapley(len(marginals), *(float(one) for one in (found.mean, found.low, found.high, found.error)))
