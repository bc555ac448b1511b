from typing import Literal

from ablation.recipe import Layer, Positive, Recipe
from ablation.tricks import trick


@trick("norm", "norm_position")
def layer_norm(
    recipe: Recipe,
    *,
    epsilon: Positive = 1e-5,
    position: Literal["before_activation", "after_activation"] = "before_activation",
) -> Recipe:
    """Layer normalisation after every convolution.

    Each image's whole feature map, all channels together, is brought to mean 0 and deviation 1, then scaled
    and shifted by channel. It asks nothing of the rest of the batch and is the same in training and at test
    time.

    Source: Ba et al. 2016; over channel, height and width as in Wu and He 2018, figure 2.
    Lecture: named beside batch, instance and group normalisation (E1), no figure.
    When it hurts: convolutional networks mostly do better with batch or group normalisation, since channels
    differ
        in scale.

    Parameters:
        epsilon: added to the variance.
        position: before the activation (the convolution then has no bias) or after it.
    """
    layer = Layer.of("keras.layers.GroupNormalization", groups=1, epsilon=epsilon)
    return recipe.replace(norm=layer, norm_position=position)
