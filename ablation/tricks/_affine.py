"""One affine map for all geometric tricks of a recipe."""

from typing import Any

from ablation.recipe import Layer, Recipe
from ablation.tricks._layers import with_layer


def with_affine(recipe: Recipe, **options: Any) -> Recipe:
    """The recipe with these options in its `RandomAffine`: each image is resampled once for all of them."""
    return with_layer(recipe, "augment", Layer.of("ablation.layers.random_affine.RandomAffine", **options))
