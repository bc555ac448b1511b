"""The share of the test images in what a difference of accuracies may be off by."""

import numpy as np
import pandas as pd

from ablation.analysis.steps import Step, Steps, steps_of
from ablation.results.read import Results, Right

IMAGES_COLUMNS = ("design", "step", "seeds", "images", "image_error", "seed_error")


def image_error(step: np.ndarray, base: np.ndarray) -> float:
    """Standard error of a mean paired difference due to which images were drawn for the test.

    A paired bootstrap draws the test images anew, with what step and base made of each under every seed, and takes
    the standard deviation of the mean difference over the draws (Efron and Tibshirani 1993, chapter 6). Of a mean its
    value for infinitely many draws is known: sqrt(sum (d - mean d)^2) / images, with d the difference of each
    image averaged over seeds. Nothing has to be drawn.

    With few seeds the d also hold what chance made of an image in training, so this is an upper bound of the
    images' share. It is not a part of intervals over seeds, which are about these test images.

    Args:
        step, base: boolean, shape (seeds, images), whether the image was predicted right; the same seeds and images.

    Raises:
        ValueError: the shapes differ, or hold no image.
    """
    if step.shape != base.shape or step.ndim != 2 or not step.size:
        raise ValueError(f"expected two arrays (seeds, images). Received: {step.shape} and {base.shape}")
    difference = step.mean(0) - base.mean(0)
    return float(np.std(difference) / np.sqrt(len(difference)))


def image_errors(results: Results) -> pd.DataFrame:
    """What the choice of test images and that of seeds may each move the accuracy's difference to the base by.

    Returns:
        A row a step whose trials, and its base's under the same seeds, keep what they predicted right of the same test
        images: design, step, seeds (how many), images (how many), `image_error` (standard error due to the test
        images, `image_error`) and `seed_error` (standard deviation of the paired differences over the root of the
        seeds; NaN with one seed), as fractions.

    Raises:
        UserError: no trial of the folder is done.
    """
    steps = steps_of(results)
    rows = []
    for step in steps.all:
        base = steps.base(step)
        pairs = [] if base is None else predicted_pairs(results, steps, step, base)
        if pairs:
            mine, theirs = (np.array([one.hits for one in side]) for side in zip(*pairs, strict=True))
            differences = mine.mean(axis=1) - theirs.mean(axis=1)
            seeds = len(pairs)
            error = float(np.std(differences, ddof=1) / np.sqrt(seeds)) if seeds > 1 else float("nan")
            rows.append(
                (step["design"], step["step"], seeds, mine.shape[1], image_error(mine, theirs), error)
            )
    return pd.DataFrame(rows, columns=list(IMAGES_COLUMNS))


def predicted_pairs(results: Results, steps: Steps, step: Step, base: Step) -> list[tuple[Right, Right]]:
    """A step's and its base's predictions under each seed that both have, all of the same test images."""
    mine, theirs = (
        {seed: results.right(key) for seed, key in steps.hashes(one).items()} for one in (step, base)
    )
    both = [(one, other) for seed, one in mine.items() if one and (other := theirs.get(seed))]
    alike = [pair for pair in both if pair[0].comparable(pair[1])]
    return [pair for pair in alike if pair[0].comparable(alike[0][0])]
