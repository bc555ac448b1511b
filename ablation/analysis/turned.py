"""Which images a change turned right, and which wrong."""

from dataclasses import dataclass

import numpy as np


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
    pairs = seeds * (seeds - 1) / 2
    differ = float((was * (seeds - was)).sum() / pairs) if pairs else float("nan")
    return Turned(tuple(fixed), tuple(broken), was, now, differ)
