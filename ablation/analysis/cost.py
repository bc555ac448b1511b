"""What an accuracy costs."""

from math import nan

import numpy as np


def pareto_front(cost: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """Which points no other point beats on both counts.

    Args:
        cost: shape (n,), the less the better.
        accuracy: shape (n,), the more the better.

    Returns:
        Booleans, shape (n,): no other point is at most as costly and at least as accurate, and better in one
        of the two. Points with a NaN are never on the front.
    """
    cheaper = cost[None] <= cost[:, None]
    better = accuracy[None] >= accuracy[:, None]
    strictly = (cost[None] < cost[:, None]) | (accuracy[None] > accuracy[:, None])
    return ~(cheaper & better & strictly).any(axis=1) & ~np.isnan(cost) & ~np.isnan(accuracy)


def seconds_to_reach(target: float, accuracy: np.ndarray, seconds: np.ndarray) -> float:
    """Training time until an accuracy was first reached.

    Args:
        target: the accuracy asked for, 0-1.
        accuracy: shape (epochs,), after each epoch.
        seconds: shape (epochs,), what each epoch took.

    Returns:
        Seconds from the start to the end of the first epoch at or above the target; NaN where none is.
    """
    reached = np.flatnonzero(accuracy >= target)
    return float(np.cumsum(seconds)[reached[0]]) if len(reached) else nan


def points_per_gflop(delta: float, flops: float, base_flops: float) -> float:
    """Accuracy bought per extra computation.

    Args:
        delta: gain in accuracy, a fraction.
        flops, base_flops: of one image, after and before.

    Returns:
        Percentage points per extra 1e9 FLOPs an image; NaN where the step adds none.
    """
    extra = flops - base_flops
    return 100 * delta / (extra / 1e9) if extra > 0 else nan
