from typing import Annotated

from pydantic import Field

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer

Change = Annotated[float, Field(ge=0, le=1)]


@trick("pixel_augment")
def color_jitter(recipe: Recipe, *, brightness: Change = 0.1, contrast: Change = 0.2) -> Recipe:
    """Brightness and contrast of each training image changed at random.

    Source: Howard 2013.
    Lecture: contrast and brightness (E3), no figure.
    When it hurts: classes told apart by how light they are.

    Parameters:
        brightness: largest amount added to all pixels or taken off, as a share of their range.
        contrast: largest change, up or down, of the factor that stretches each channel about its mean.

    Raises:
        ValueError: neither changes anything.
    """
    if not (brightness or contrast):
        raise ValueError("expected brightness or contrast above 0, found 0 for both")
    if brightness:
        layer = Layer.of("keras.layers.RandomBrightness", factor=brightness, value_range=(0, 255))
        recipe = with_layer(recipe, "pixel_augment", layer)
    if contrast:  # of a single number Keras takes no factor below 1
        layer = Layer.of("keras.layers.RandomContrast", factor=(contrast, contrast), value_range=(0, 255))
        recipe = with_layer(recipe, "pixel_augment", layer)
    return recipe
