"""Patch whitening: the filters of a first convolution, from the images that a network is trained on."""

import numpy as np
from keras import ops
from numpy.lib.stride_tricks import sliding_window_view

from ablation.engine.learner import Learner
from ablation.networks.parts import PATCHES
from ablation.recipe import Whitening

CHUNK = 500


def filters(images: np.ndarray, size: int, epsilon: float) -> np.ndarray:
    """The whitening filters of a set of images, and their negations (Jordan 2024, section 3.2).

    Args:
        images: (n, height, width, channels), as the convolution will see them.
        size: side of a patch, pixels.
        epsilon: is added to every eigenvalue.

    Returns:
        float64 (size, size, channels, 2 * size * size * channels): the eigenvectors of the patches' covariance, each
        over the square root of its eigenvalue, the largest first, then their negations. The largest component of each
        of the first half is positive, so that the same images give the same filters on every machine.
    """
    count, numbers = 0, size * size * images.shape[3]
    total, products = np.zeros(numbers), np.zeros((numbers, numbers))
    for start in range(0, len(images), CHUNK):
        windows = sliding_window_view(images[start : start + CHUNK], (size, size), axis=(1, 2))
        patches = np.moveaxis(windows, 3, 5).reshape(-1, numbers).astype(np.float64)
        count += len(patches)
        total += patches.sum(axis=0)
        products += patches.T @ patches
    mean = total / count
    values, vectors = np.linalg.eigh(products / count - np.outer(mean, mean))
    values, vectors = values[::-1], vectors[:, ::-1]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None], axis=0)
    scaled = vectors * np.sign(largest) / np.sqrt(np.maximum(values, 0) + epsilon)
    return np.concatenate([scaled, -scaled], axis=1).reshape(size, size, images.shape[3], -1)


def whiten(learner: Learner, images: np.ndarray, how: Whitening) -> None:
    """Set the kernel of a learner's whitening convolution, in place.

    Args:
        learner: made from a recipe that whitens.
        images: uint8 (n, height, width, channels), the training images.
        how: of the recipe.
    """
    some = images[: how.images]
    seen = [
        ops.convert_to_numpy(learner.front(some[i : i + CHUNK].astype("float32"), training=False))
        for i in range(0, len(some), CHUNK)
    ]
    kernel = filters(np.concatenate(seen), how.kernel_size, how.epsilon)
    learner.model.get_layer(PATCHES).kernel.assign(kernel.astype("float32"))
