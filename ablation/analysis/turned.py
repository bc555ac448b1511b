"""Which images a change turned right, and which wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from ablation.analysis.images import predicted_pairs
from ablation.analysis.steps import CONTROL, steps_of
from ablation.results.read import Results

TURNED_COLUMNS = (
    "design", "step", "base", "class", "seeds", "images", "fixed_mean", "fixed_min", "fixed_max", "broken_mean",
    "broken_min", "broken_max", "by_chance",
)  # fmt: skip


@dataclass(frozen=True)
class Turned:
    """What became of some images from one step to another, both trained under the same seeds.

    Attributes:
        fixed: places of images that most seeds predict wrong before and right after, the most changed first.
        broken: the other way round.
        before, after: shape (images,), under how many seeds each is predicted right.
        by_chance: images on which two seeds of the step before differ, the mean over its pairs of seeds; NaN with one.
    """

    fixed: tuple[int, ...]
    broken: tuple[int, ...]
    before: np.ndarray
    after: np.ndarray
    by_chance: float


def turned(before: np.ndarray, after: np.ndarray) -> Turned:
    """What became of some images.

    Args:
        before, after: boolean, shape (seeds, images), whether an image is predicted right; the same seeds and images.

    Raises:
        ValueError: the shapes differ, or hold no seed.
    """
    if before.shape != after.shape or before.ndim != 2 or not len(before):
        raise ValueError(f"expected two arrays (seeds, images). Received: {before.shape} and {after.shape}")
    seeds = len(before)
    was, now = before.sum(axis=0), after.sum(axis=0)
    order = np.argsort(-np.abs(now - was), kind="stable")
    fixed = [int(i) for i in order if 2 * was[i] < seeds < 2 * now[i]]
    broken = [int(i) for i in order if 2 * now[i] < seeds < 2 * was[i]]
    return Turned(tuple(fixed), tuple(broken), was, now, 2 * _fixed_by_chance(was, seeds))


def turned_images(results: Results) -> pd.DataFrame:
    """How many test images each step fixed, and how many it broke, against its base under the same seed.

    Two trainings of one network differ on images too. `by_chance` says on how many: what another seed of the base
    fixes, and as many it breaks (Milani Fard et al. 2016 call it churn). Under one seed, step and base share initial
    weights and the order of images where both have them, so that a step may turn fewer.

    Returns:
        A row a step, and one for each class of it where its trials tell the images' classes: design, step, base, class
        (its name, empty of all images), seeds (paired), images (of the class), fixed and broken (mean, lowest and
        highest of the seeds, numbers of images), by_chance (mean over all ordered pairs of seeds of the base; NaN
        with one seed). Controls have none.

    Raises:
        UserError: no trial of the folder is done.
    """
    steps, rows = steps_of(results), []
    for step in steps.all:
        base = steps.base(step)
        pairs = [] if base is None or step["role"] == CONTROL else predicted_pairs(results, steps, step, base)
        if base is not None and pairs:
            place = step["design"], step["step"], base["step"]
            before, after = (np.array([pair[side].hits for pair in pairs]) for side in (1, 0))
            rows.append((*place, "", len(pairs), *_counts(before, after)))
            labels = pairs[0][0].labels
            for index, name in enumerate(
                results.manifest["dataset"]["classes"] if labels is not None else ()
            ):
                own = labels == index
                rows.append((*place, name, len(pairs), *_counts(before[:, own], after[:, own])))
    return pd.DataFrame(rows, columns=list(TURNED_COLUMNS))


def _counts(before: np.ndarray, after: np.ndarray) -> Iterator[Any]:
    """The columns from `images` on of boolean arrays (seeds, images)."""
    yield before.shape[1]
    for counts in ((~before & after).sum(axis=1), (before & ~after).sum(axis=1)):
        yield from (float(counts.mean()), int(counts.min()), int(counts.max()))
    yield _fixed_by_chance(before.sum(axis=0), len(before))


def _fixed_by_chance(right: np.ndarray, seeds: int) -> float:
    """Images that one seed of a step predicts wrong and another right, the mean over its ordered pairs of seeds; NaN
    with one seed.

    Args:
        right: shape (images,), under how many of the seeds each is predicted right.
    """
    return float((right * (seeds - right)).sum() / (seeds * (seeds - 1))) if seeds > 1 else nan
