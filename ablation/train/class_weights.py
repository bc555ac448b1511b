"""What a recipe's class weights are on its training images."""

import numpy as np

from ablation.recipe import ClassWeight


def class_weights(wanted: ClassWeight | None, labels: np.ndarray, classes: int) -> np.ndarray | None:
    """The weight of every class, float32 (classes,), or None where all count alike.

    `balanced` is n / (k * count) with n images and k classes that occur, as scikit-learn has it (King and Zeng 2001):
    1 in the mean over the images, and the same sum for every class. A class without images has 0.

    Args:
        wanted: of the recipe.
        labels: of the training images, int (n,).
        classes: how many there are.
    """
    match wanted:
        case None:
            return None
        case "balanced":
            counts = np.bincount(labels, minlength=classes)
            weights = len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1)) * (counts > 0)
        case dict():
            weights = np.array([wanted.get(label, 1.0) for label in range(classes)])
        case _:
            weights = np.array(wanted)
    return weights.astype(np.float32)
