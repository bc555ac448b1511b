from typing import Literal

from ablation.recipe import Layer, Positive, Rate, Recipe
from ablation.tricks import trick


@trick("norm", "norm_position")
def batch_norm(
    recipe: Recipe,
    *,
    momentum: Rate = 0.9,
    epsilon: Positive = 1e-5,
    position: Literal["before_activation", "after_activation"] = "before_activation",
) -> Recipe:
    """Batch normalisation after every convolution.

    Every channel is brought to mean 0 and deviation 1 over batch, height and width, then scaled and shifted by two
    learned numbers; at test time running averages take the batch's place.

    Source: Ioffe and Szegedy 2015, algorithm 1.
    Lecture: 0.80 -> 0.84 (C), 0.809 -> 0.82 (B).
    When it hurts: batches of a few images, training and test images of different statistics, very short trainings
        (the running averages lag behind).

    Parameters:
        momentum: weight of the past in the running averages, 0-1.
        epsilon: added to the variance.
        position: before the activation (the convolution then has no bias), or after it as lecture A has it.
    """
    layer = Layer.of(
        "ablation.layers.batch_normalization.BatchNormalization", momentum=momentum, epsilon=epsilon
    )
    return recipe.replace(norm=layer, norm_position=position)
