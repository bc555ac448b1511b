"""What each trick contributes, whatever the order in which tricks are added."""

from collections.abc import Sequence
from math import nan, sqrt

import numpy as np
import pandas as pd

from ablation.analysis.intervals import LEVEL, estimate


def shapley(
    marginals: Sequence[tuple[str, float]], level: float = LEVEL, every: bool = False
) -> pd.DataFrame:
    """Shapley values estimated from sampled orders (Castro, Gomez and Tejada 2009).

    Args:
        marginals: for every order sampled and every trick, the trick's name and what adding it at its place
            in that order changed. Every trick occurs once an order.
        level: coverage of the interval.
        every: whether the orders are all that there are: then the value is no estimate, its Monte-Carlo error is 0
            and it has no interval.

    Returns:
        A row a trick, in order of appearance: trick, orders, value (mean marginal contribution), error (its
        Monte-Carlo standard error over orders; NaN where there is one order), low, high. Without noise from seeds
        a 95 % interval of four orders covers about 90 %, of ten 95 %: few orders are few different marginals.
    """
    rows = []
    for trick in dict.fromkeys(name for name, _ in marginals):
        values = np.array([value for name, value in marginals if name == trick])
        found = estimate(values[~np.isnan(values)], level)
        error = found.deviation / sqrt(found.n) if found.n > 1 else nan
        drawn = (0.0, nan, nan) if every else (error, found.low, found.high)
        rows.append((trick, found.n, found.mean, *drawn))
    return pd.DataFrame(rows, columns=["trick", "orders", "value", "error", "low", "high"])
