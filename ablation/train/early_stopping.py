"""When a training ends early, as pure functions of the epochs so far: nothing to save, nothing to restore."""

from collections.abc import Mapping, Sequence

from ablation.recipe import EarlyStopping


def smoothed(curve: Sequence[float], smoothing: float) -> list[float]:
    """Exponential moving average: s_1 = c_1, s_t = smoothing * s_(t-1) + (1 - smoothing) * c_t."""
    out: list[float] = []
    for value in curve:
        out.append(value if not out else smoothing * out[-1] + (1 - smoothing) * value)
    return out


def best_epoch(rule: EarlyStopping, epochs: Sequence[Mapping[str, float]]) -> int:
    """The epoch, from 1, of the best smoothed value so far; the earliest of equals, 0 before the first."""
    sign = 1 if rule.monitor == "val_loss" else -1
    curve = smoothed([sign * epoch[rule.monitor] for epoch in epochs], rule.smoothing)
    return curve.index(min(curve)) + 1 if curve else 0


def should_stop(rule: EarlyStopping | None, epochs: Sequence[Mapping[str, float]]) -> bool:
    """Whether `patience` epochs have passed without a better one."""
    return rule is not None and len(epochs) - best_epoch(rule, epochs) >= rule.patience


def is_at_chance(after: int | None, epochs: Sequence[Mapping[str, float]], images: int, classes: int) -> bool:
    """Whether a training is not to go on because it never left chance.

    Args:
        after: epochs that it is given for that; None for all.
        epochs: so far, each with its running training accuracy.
        images: of a whole epoch.
        classes: guessed with equal chances.

    Returns:
        Whether so many epochs have passed and the accuracy of none is above chance
        (`analysis.learning.is_above_chance`).
    """
    if after is None or len(epochs) < after:
        return False
    from ablation.analysis.learning import is_above_chance  # loads pandas and SciPy

    return not any(is_above_chance(epoch["accuracy"], images, classes) for epoch in epochs)
