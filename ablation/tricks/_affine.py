"""One affine map for all geometric tricks of a recipe."""

from typing import Any

from ablation.recipe import Layer, Recipe

PATH = "ablation.layers.random_affine.RandomAffine"


def with_affine(recipe: Recipe, **options: Any) -> Recipe:
    """The recipe with these options in its `RandomAffine`: each image is resampled once for all of them."""
    earlier = [layer for layer in recipe.augment if layer.path == PATH]
    if not earlier:
        return recipe.replace(augment=(*recipe.augment, Layer.of(PATH, **options)))
    joined = Layer.of(PATH, **{**earlier[0].options, **options})
    return recipe.replace(augment=tuple(joined if layer in earlier else layer for layer in recipe.augment))
