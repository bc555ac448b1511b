from typing import Annotated

from pydantic import Field

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick

Change = Annotated[float, Field(ge=0, le=1)]


@trick("pixel_augment")
def color_jitter(recipe: Recipe, *, brightness: Change = 0.1, contrast: Change = 0.2) -> Recipe:
    """Brightness and contrast of each training image changed at random.

    Source: Howard 2013.
    Lecture: contrast and brightness (E3), no figure.
    When it hurts: classes told apart by how light they are.

    Parameters:
        brightness: largest amount added to all pixels, as a share of their range.
        contrast: largest change of the factor that stretches each channel about its mean.

    Raises:
        ValueError: neither changes anything.
    """
    kinds = {"RandomBrightness": brightness, "RandomContrast": contrast}
    layers = [
        Layer.of(f"keras.layers.{kind}", factor=factor, value_range=(0, 255))
        for kind, factor in kinds.items()
        if factor
    ]
    if not layers:
        raise ValueError("expected brightness or contrast above 0, found 0 for both")
    return recipe.replace(pixel_augment=(*recipe.pixel_augment, *layers))
