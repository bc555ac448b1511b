"""The share of the test images in what a difference of accuracies may be off by."""

import numpy as np


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
