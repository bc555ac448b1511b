from typing import Annotated

from pydantic import Field

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("augment")
def crop_resize(recipe: Recipe, *, smallest_crop: Annotated[float, Field(gt=0, lt=1)] = 0.7) -> Recipe:
    """A random window of each training image, stretched to full size.

    Source: window by area as in Szegedy et al. 2015, here always square.
    Lecture: 0.907 -> 0.912 (B, on top of the flip); random crops and scales (E3).
    When it hurts: classes told apart by size; windows so small that they miss the object.

    Parameters:
        smallest_crop: least share of the area that the window covers, 0-1.
    """
    layer = Layer.of("ablation.layers.random_crop_resize.RandomCropResize", area=(smallest_crop, 1.0))
    return with_layer(recipe, "augment", layer)
