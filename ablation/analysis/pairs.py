"""Pairing by seed: what a step changes at the same seed."""

from dataclasses import dataclass

import numpy as np

from ablation.analysis.steps import AA, Step, Steps, control_kind


@dataclass(frozen=True)
class Pairs:
    """A step beside its base, seed by seed.

    Attributes:
        differences: shape (pairs,), test accuracy of the step minus that of its base, by seed. A control is what
            its base is held against: there it is the other way round.
        key: configuration hashes of both, a pair a seed: equal where two designs compare the same trials.
    """

    differences: np.ndarray
    key: tuple[tuple[str, str], ...]


def paired(steps: Steps, step: Step) -> Pairs:
    """A step and its base; no pair where it has none."""
    base = steps.base(step)
    if base is None:
        return Pairs(np.empty(0), ())
    columns = ["test_accuracy", "config_hash"]
    mine, theirs = (steps.trials(one).set_index("seed")[columns] for one in (step, base))
    both = mine.join(theirs, how="inner", rsuffix="_base").sort_index()
    key = tuple(zip(both["config_hash"], both["config_hash_base"], strict=True))
    sign = -1 if control_kind(step) not in ("", AA) else 1
    return Pairs(sign * (both["test_accuracy"] - both["test_accuracy_base"]).to_numpy(float), key)
