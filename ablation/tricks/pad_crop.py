from typing import Literal

from ablation.recipe import Layer, PositiveInt, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("augment")
def pad_crop(
    recipe: Recipe, *, padding: PositiveInt = 4, edges: Literal["zero", "reflect"] = "zero"
) -> Recipe:
    """Each training image shifted by a few whole pixels, with zeros or its own reflection at the uncovered edge.

    Padding and cropping at a random place, the usual augmentation of CIFAR-10. Zero is the mean of
    standardised pixels.

    Source: He et al. 2016, section 4.2.
    Lecture: random crops (E3), no figure.
    When it hurts: networks that are blind to shifts anyway, by global pooling.

    Parameters:
        padding: largest shift, pixels.
        edges: what stands there: zeros, or the image mirrored at its outermost pixels (Jordan 2024, with a shift of 2).
    """
    path, options = (
        "ablation.layers.random_pad_crop.RandomPadCrop",
        {} if edges == "zero" else {"edges": edges},
    )
    layers = tuple(
        one for one in recipe.augment if one.path != path or one.options.get("edges", "zero") == edges
    )
    return with_layer(recipe.replace(augment=layers), "augment", Layer.of(path, padding=padding, **options))
