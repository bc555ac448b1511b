from typing import Annotated

from pydantic import Field

from ablation.recipe import Layer, PositiveInt, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("pixel_augment")
def rand_augment(
    recipe: Recipe, *, number: PositiveInt = 3, magnitude: Annotated[float, Field(ge=0, le=10)] = 5.0
) -> Recipe:
    """A few operations on each training image, drawn from fourteen, all of one strength.

    Geometric (rotation, shears, shifts), tonal (contrast, brightness, solarise, posterise, equalise) and of
    colour and sharpness; two numbers in place of a learned policy.

    Source: Cubuk et al. 2020 (3 operations of magnitude 5 for a wide ResNet on CIFAR-10). Flip and crop
    belong
        with it and are tricks of their own.
    Lecture: named with AutoAugment as learned augmentation (E3), no figure.
    When it hurts: short trainings and small networks, for which it is too much variety; costs time.

    Parameters:
        number: operations an image.
        magnitude: their strength, 0-10.
    """
    layer = Layer.of("ablation.layers.rand_augment.RandAugment", number=number, magnitude=magnitude)
    return with_layer(recipe, "pixel_augment", layer)
