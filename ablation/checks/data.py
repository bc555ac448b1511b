"""Checks of the images and labels themselves: pure functions of arrays."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from ablation.checks.finding import Finding, finding

SHIFT_WARN, SHIFT_FAIL = 0.15, 0.5
DUPLICATES_FAIL = 0.01


def class_balance(labels: np.ndarray, classes: Sequence[str]) -> Finding:
    """Whether every class has its images.

    Args:
        labels: int (n,).
        classes: names, in the order of the labels.
    """
    counts = np.bincount(labels, minlength=len(classes))
    least, most = int(counts.argmin()), int(counts.argmax())
    return finding(
        "class balance",
        f"{counts[least]:,} images of {classes[least]} to {counts[most]:,} of {classes[most]}",
        fail=bool(counts[least] == 0),
        warn=bool(counts[least] < counts[most] / 2),
        advice="draw equal numbers of each class, or weigh the loss: accuracy hides what rare classes do",
    )


def duplicates(images: Mapping[str, np.ndarray]) -> Finding:
    """Whether an image stands in two splits, to the last byte.

    Args:
        images: uint8 (n, height, width, channels) by the split's name.
    """
    seen = {name: {image.tobytes() for image in split} for name, split in images.items()}
    shared = {pair: len(seen[pair[0]] & seen[pair[1]]) for pair in combinations(images, 2)}
    (one, other), worst = max(shared.items(), key=lambda item: item[1])
    return finding(
        "duplicates between splits",
        f"{worst:,} images both in {one} and in {other}" if worst else "none",
        fail=worst > DUPLICATES_FAIL * min(len(images[one]), len(images[other])),
        warn=worst > 0,
        advice=f"take them out of {one}: what was trained on cannot test",
    )


def preprocessing(images: Mapping[str, np.ndarray]) -> Finding:
    """Whether all splits went through the same preparation: same type, shape, brightness and contrast.

    Args:
        images: (n, height, width, channels) by the split's name, the training split first.
    """
    name, advice = (
        "same preprocessing",
        "prepare every split with the same function and the training set's statistics",
    )
    kinds = {split: f"{array.dtype} {array.shape[1:]}" for split, array in images.items()}
    first, *others = images
    for split in others:
        if kinds[split] != kinds[first]:
            figure = f"{split} is {kinds[split]}, {first} is {kinds[first]}"
            return finding(name, figure, fail=True, warn=True, advice=advice)

    def figures(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        flat = array.reshape(-1, array.shape[-1]).astype(np.float32)
        return flat.mean(axis=0), flat.std(axis=0)

    mean, deviation = figures(images[first])
    deviation = np.maximum(deviation, 1e-6)
    shifts = {}
    for split in others:
        its_mean, its_deviation = figures(images[split])
        shifts[split] = max(
            float(np.abs(its_mean - mean).max() / deviation.max()),
            float(np.abs(its_deviation / deviation - 1).max()),
        )
    worst = max(shifts, key=lambda split: shifts[split])
    return finding(
        name,
        f"mean and deviation of {worst} are off by {shifts[worst]:.2f} deviations of {first}",
        fail=shifts[worst] > SHIFT_FAIL,
        warn=shifts[worst] > SHIFT_WARN,
        advice=advice,
    )


def mixed_batches(labels: np.ndarray) -> Finding:
    """Whether a training batch holds several classes.

    Args:
        labels: of the first batch, int (batch,).
    """
    count = len(np.unique(labels))
    return finding(
        "mixed batches",
        f"{count} classes in the first batch of {len(labels)}",
        fail=count == 1 < len(labels),
        warn=False,
        advice="shuffle the training images: a batch of one class pulls the network to that class",
    )
