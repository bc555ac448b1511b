"""Which classes a change helps: confusion matrices, compared."""

from collections.abc import Sequence

import numpy as np


def rates(counts: Sequence[np.ndarray]) -> np.ndarray:
    """Share of each true class that was taken for each class, averaged over seeds.

    Args:
        counts: one matrix a seed, shape (classes, classes), rows the truth.

    Returns:
        Shape (classes, classes), fractions, every row with images sums to 1; the diagonal holds the recall.
    """
    stacked = np.array(counts, float)
    return (stacked / np.maximum(stacked.sum(axis=2, keepdims=True), 1)).mean(axis=0)


def largest(change: np.ndarray, most: int) -> list[tuple[int, ...]]:
    """Where an array changed most.

    Args:
        change: any shape, after minus before.
        most: how many places to give.

    Returns:
        Indices, the largest absolute change first; places that did not change are left out.
    """
    order = np.argsort(-np.abs(change), axis=None, kind="stable")[:most]
    places = [tuple(int(i) for i in np.unravel_index(flat, change.shape)) for flat in order]
    return [place for place in places if change[place] != 0]
