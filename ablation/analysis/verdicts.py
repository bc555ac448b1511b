"""A comparison said in words, with its figure."""

from math import isnan

from ablation.analysis.intervals import ALPHA, Estimate
from ablation.wording import points

HELPS, HURTS, OPEN = "helps", "hurts", "not separable"


def verdict(difference: Estimate, p_adjusted: float, alpha: float = ALPHA) -> str:
    """Whether a step helps, as far as its pairs can tell.

    Args:
        difference: paired difference of test accuracies, step minus base.
        p_adjusted: its p-value after the correction for all comparisons of the study.

    Returns:
        "helps: +3.2 points", "hurts: −1.0 points", "not separable at n = 3: +0.4 points"; "at n = 3 after
        correction" where the difference would have passed as the study's only one.
    """
    if difference.n == 0:
        return f"{OPEN}: no pair of finished trials"
    figure = f"{points(difference.mean)} points"
    if difference.n == 1:
        return f"{OPEN} at n = 1: {figure}, no interval"
    if isnan(p_adjusted) or p_adjusted >= alpha:
        why = " after correction" if difference.p < alpha else ""
        return f"{OPEN} at n = {difference.n}{why}: {figure}"
    return f"{HELPS if difference.mean > 0 else HURTS}: {figure}"


def kind(text: str) -> str:
    """The first words of a verdict: `HELPS`, `HURTS`, `OPEN`, or "" for a step that is compared with none."""
    return next((word for word in (HELPS, HURTS, OPEN) if text.startswith(word)), "")
