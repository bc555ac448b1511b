"""Shapley values with intervals over orders and over seeds."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from ablation.analysis.intervals import LEVEL


@dataclass(frozen=True)
class Crossed:
    """Means over two crossed samples, orders and seeds: arrays of shape (...), one value a trick.

    Attributes:
        mean: over all cells.
        low, high: the interval, for other orders and other seeds alike; NaN where one of the two has a single
            level, whose share of the variance cannot be told.
        error: standard error of the mean; NaN likewise.
        degrees: Satterthwaite's degrees of freedom; NaN likewise.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    error: np.ndarray
    degrees: np.ndarray


def crossed_mean(marginals: np.ndarray, level: float = LEVEL) -> Crossed:
    """The mean of a two-way table whose rows and columns are both drawn at random.

    A seed that is lucky is so in every order, so orders x seeds cells are not as many independent values. In the
    two-way random model the variance of the mean is estimated by (MS_orders + MS_seeds - MS_residual) / (O S),
    on Satterthwaite's degrees of freedom (Searle, Casella and McCulloch 1992, chapter 4). The estimate is not
    let fall under the largest of the two main mean squares over O S, on that one's degrees: where it would, the
    residual was overestimated by chance.

    Args:
        marginals: shape (..., orders, seeds), what adding the trick changed in that order under that seed, finite.
        level: coverage, in (0, 1).

    Raises:
        ValueError: a marginal is not finite, or there is none.
    """
    if marginals.ndim < 2 or not marginals.size or not np.isfinite(marginals).all():
        raise ValueError(f"expected finite marginals of shape (..., orders, seeds). Received: {marginals}")
    orders, seeds = marginals.shape[-2:]
    mean = marginals.mean((-2, -1))
    if min(orders, seeds) < 2:
        unknown = np.full_like(mean, np.nan)
        return Crossed(mean, unknown, unknown, unknown, unknown)
    row, column = marginals.mean(-1, keepdims=True), marginals.mean(-2, keepdims=True)
    centre = mean[..., None, None]
    freedom = np.array([orders - 1, seeds - 1, (orders - 1) * (seeds - 1)])
    squares = np.stack(
        [
            seeds * ((row - centre) ** 2).sum((-2, -1)),
            orders * ((column - centre) ** 2).sum((-2, -1)),
            ((marginals - row - column + centre) ** 2).sum((-2, -1)),
        ],
        -1,
    )
    by_order, by_seed, residual = np.moveaxis(squares / freedom, -1, 0)
    total = by_order + by_seed - residual
    terms = by_order**2 / freedom[0] + by_seed**2 / freedom[1] + residual**2 / freedom[2]
    larger = np.maximum(by_order, by_seed)
    floored = total <= larger
    satterthwaite = total**2 / np.where(terms > 0, terms, 1.0)
    own = np.where(by_order >= by_seed, freedom[0], freedom[1])
    degrees = np.where(floored, own, satterthwaite)
    error = np.sqrt(np.maximum(total, larger) / (orders * seeds))
    half = error * special.stdtrit(degrees, (1 + level) / 2)
    return Crossed(mean, mean - half, mean + half, error, degrees)
