from typing import Literal

from ablation.recipe import Layer, Positive, PositiveInt, Recipe
from ablation.tricks import trick


@trick("norm", "norm_position")
def group_norm(
    recipe: Recipe,
    *,
    groups: PositiveInt = 4,
    epsilon: Positive = 1e-5,
    position: Literal["before_activation", "after_activation"] = "before_activation",
) -> Recipe:
    """Group normalisation after every convolution.

    Each image's channels are dealt into groups, each of which is brought to mean 0 and deviation 1 over its
    channels, height and width: layer normalisation with one group, instance normalisation with one group a
    channel.

    Source: Wu and He 2018 (32 groups, or 16 channels a group).
    Lecture: named beside batch, layer and instance normalisation (E1), no figure.
    When it hurts: batches large enough for batch normalisation, whose noise also regularises.

    Parameters:
        groups: how many; must divide every block's filters.
        epsilon: added to the variance.
        position: before the activation (the convolution then has no bias) or after it.
    """
    layer = Layer.of("keras.layers.GroupNormalization", groups=groups, epsilon=epsilon)
    return recipe.replace(norm=layer, norm_position=position)
