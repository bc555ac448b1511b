"""Whether a network learned anything at all."""

from collections.abc import Sequence

from scipy import special

CHANCE_ALPHA = 1e-3
YES, NO = "yes", "no"


def above_chance(accuracy: float, images: int, classes: int) -> float:
    """Exact one-sided binomial p-value of the hits being guesses.

    Args:
        accuracy: share of hits, 0-1.
        images: how many were judged.
        classes: guessed with equal chances.
    """
    hits = round(accuracy * images)
    return float(special.bdtrc(hits - 1, images, 1 / classes)) if hits > 0 else 1.0


def learns(train_accuracies: Sequence[float], diverged: int, images: int, classes: int) -> str:
    """`yes` where every seed's training accuracy is above chance, `no` where none is, else `2 of 3 seeds`.

    Args:
        train_accuracies: of the done trials, one a seed.
        diverged: trials that left the finite numbers: those did not learn.
        images: training images that each accuracy is of.
        classes: how many.

    Returns:
        Empty where there is no trial.
    """
    seeds = len(train_accuracies) + diverged
    learned = sum(above_chance(one, images, classes) < CHANCE_ALPHA for one in train_accuracies)
    if not seeds:
        return ""
    return YES if learned == seeds else NO if not learned else f"{learned} of {seeds} seeds"
