from typing import Annotated

from pydantic import Field

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("pixel_augment")
def channel_shift(recipe: Recipe, *, share: Annotated[float, Field(gt=0, le=1)] = 0.1) -> Recipe:
    """A random amount added to each colour channel of each training image.

    Source: Krizhevsky et al. 2012 change colours along their principal components; here each channel moves alone.
    Lecture: channel shifts (E3), no figure.
    When it hurts: classes told apart by their colour.

    Parameters:
        share: largest amount added or taken off, as a share of the range of 255.
    """
    layer = Layer.of("ablation.layers.random_channel_shift.RandomChannelShift", share=share)
    return with_layer(recipe, "pixel_augment", layer)
