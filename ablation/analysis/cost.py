"""What an accuracy costs."""

from math import nan

import numpy as np

from ablation.analysis.intervals import estimate


def separable_front(cost: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """The way up from the cheapest point to ever more accurate ones, in steps that chance does not explain.

    From one point of the front the next dearer one is taken whose accuracy lies higher at the same seeds, by a
    difference whose 95 % interval leaves zero out; of points that cost the same, the most accurate comes first. A
    Pareto front of means would also hold what noise alone has put there.

    Args:
        cost: shape (n,), a figure without noise, the less the better.
        accuracy: shape (n, seeds), the more the better; NaN where a seed is missing.

    Returns:
        Booleans, shape (n,). Points with an unknown cost or without a seed are never on the front.
    """
    known = ~np.isnan(cost) & ~np.isnan(accuracy).all(axis=1)
    means = np.array(
        [row[~np.isnan(row)].mean() if there else nan for row, there in zip(accuracy, known, strict=True)]
    )
    front: list[int] = []
    for point in np.lexsort((-means, cost)):
        if not known[point]:
            continue
        gain = accuracy[point] - accuracy[front[-1]] if front else np.array([])
        if not front or estimate(gain[~np.isnan(gain)]).low > 0:
            front.append(int(point))
    return np.isin(np.arange(len(cost)), front)


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


def time_factor(seconds: np.ndarray, without: np.ndarray) -> tuple[float, float, float]:
    """By what factor a trick makes a training longer.

    Args:
        seconds, without: shape (n,), of the training with the trick and of that without it, a pair a seed; a pair of
            which one took no time says nothing.

    Returns:
        Geometric mean of the ratios and the ends of its 95 % interval over seeds (Student's t on the logarithms, whose
        ratios are symmetric: twice and half are as far from 1). NaN without a pair; no ends with one.
    """
    timed = (seconds > 0) & (without > 0)
    found = estimate(np.log(seconds[timed]) - np.log(without[timed]))
    with np.errstate(over="ignore"):
        mean, low, high = np.exp([found.mean, found.low, found.high]).tolist()
    return mean, low, high


def points_per_minute(delta: float, seconds: np.ndarray, without: np.ndarray) -> float:
    """Accuracy bought per extra time.

    Args:
        delta: gain in accuracy, a fraction.
        seconds, without: as of `time_factor`.

    Returns:
        Percentage points per minute by which a training is longer; NaN where it is not longer beyond chance, that is,
        where the interval of `time_factor` does not lie above 1.
    """
    if not time_factor(seconds, without)[1] > 1:
        return nan
    return 100 * delta / (float(np.mean(seconds - without)) / 60)


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
