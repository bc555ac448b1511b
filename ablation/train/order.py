"""The order of the training images in an epoch."""

import numpy as np

from ablation.recipe import Recipe
from ablation.streams import generator


def epoch_order(recipe: Recipe, labels: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """Indices of an epoch's images, int (n,); they follow from the seed and the epoch alone.

    Args:
        recipe: says whether classes are drawn in equal shares.
        labels: of the training images, int (n,).
        seed: of the trial.
        epoch: from 1.
    """
    if recipe.oversample:
        return oversampled(labels, generator(seed, "oversample", epoch))
    return generator(seed, "order", epoch).permutation(len(labels))


def oversampled(labels: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """As many indices as there are labels, each class that occurs as often as any other, in random order.

    Shares differ by one where they do not come out even. Within a class every image stands in the epoch equally
    often, but for one: no image a third time before all stand there twice.
    """
    present = np.unique(labels)
    shares = np.full(len(present), len(labels) // len(present))
    shares[draw.permutation(len(present))[: len(labels) % len(present)]] += 1
    drawn = []
    for label, share in zip(present, shares, strict=True):
        images = np.flatnonzero(labels == label)
        rounds = -(-share // len(images))
        drawn.append(np.concatenate([draw.permutation(images) for _ in range(rounds)])[:share])
    return draw.permutation(np.concatenate(drawn))
