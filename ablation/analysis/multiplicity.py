"""Many comparisons at once: Holm's correction within a family, Benjamini and Hochberg's over all studies."""

from math import nan

import numpy as np


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's step-down correction (Holm 1979), for whole batches of families.

    Args:
        p_values: shape (..., m); NaN marks a comparison that could not be tested and stays NaN, outside its
            family.

    Returns:
        Adjusted p-values, shape (..., m): rejecting those under alpha keeps the chance of any false rejection
        in a family under alpha, whatever the dependence.
    """
    order, ranked, remaining = _ranked(p_values)
    adjusted = np.minimum(np.maximum.accumulate(ranked * remaining, -1), 1.0)
    return np.where(np.isnan(p_values), nan, _put_back(order, adjusted))


def holm_divisor(p_values: np.ndarray, alpha: float) -> np.ndarray:
    """By how much Holm divides alpha for each comparison.

    A comparison that is rejected in k-th place was judged at alpha / (m - k + 1); all that are left were judged at
    the level of the first one that failed. An interval of level 1 - alpha / divisor therefore leaves out zero
    exactly where the comparison is rejected.

    Args:
        p_values: shape (..., m), NaN outside the family.
        alpha: family-wise error allowed.

    Returns:
        Shape (..., m), from 1 to m; NaN outside the family.
    """
    order, ranked, remaining = _ranked(p_values)
    rejected = np.logical_and.accumulate(ranked * remaining < alpha, -1)
    tested = (~np.isnan(p_values)).sum(-1)
    left = np.maximum(tested - rejected.sum(-1), 1)
    divisor = np.where(rejected, remaining, left[..., None]).astype(float)
    return np.where(np.isnan(p_values), nan, _put_back(order, divisor))


def benjamini_hochberg(p_values: np.ndarray) -> np.ndarray:
    """Step-up correction of Benjamini and Hochberg 1995.

    Args:
        p_values: shape (..., m); NaN marks a comparison that could not be tested and stays NaN.

    Returns:
        Adjusted p-values, shape (..., m): of those under q, a share of at most q is expected to be false, where
        the tests are independent or positively dependent.
    """
    order, ranked, remaining = _ranked(p_values)
    tested = (~np.isnan(p_values)).sum(-1)[..., None]
    rank = np.maximum(tested - remaining + 1, 1)
    scaled = np.where(np.isnan(ranked), np.inf, ranked * tested / rank)
    adjusted = np.minimum(np.minimum.accumulate(scaled[..., ::-1], -1)[..., ::-1], 1.0)
    return np.where(np.isnan(p_values), nan, _put_back(order, adjusted))


def _ranked(p_values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The order of the p-values, NaN last; the values in it; and how many tests remain at each place."""
    order = np.argsort(p_values, -1, kind="stable")
    tested = (~np.isnan(p_values)).sum(-1)[..., None]
    return order, np.take_along_axis(p_values, order, -1), tested - np.arange(p_values.shape[-1])


def _put_back(order: np.ndarray, ranked: np.ndarray) -> np.ndarray:
    placed = np.empty_like(ranked)
    np.put_along_axis(placed, order, ranked, -1)
    return placed
