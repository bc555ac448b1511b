"""A layer in one of a recipe's lists."""

from typing import Literal

from ablation.recipe import Layer, Recipe

Place = Literal["pixel_augment", "augment", "block_end", "head_end"]


def with_layer(recipe: Recipe, place: Place, layer: Layer, *alike: str) -> Recipe:
    """The recipe with the layer at the end of a list, or, where the list has one of its kind, in that one's place.

    Options that the new layer does not give stay as the earlier one had them.

    Args:
        recipe: left as it is.
        place: the list.
        layer: what is added.
        alike: options in which two layers of a class must agree to be of one kind.
    """
    layers: tuple[Layer, ...] = getattr(recipe, place)
    kind = layer.path, [layer.options.get(key) for key in alike]
    earlier = next(
        (one for one in layers if (one.path, [one.options.get(key) for key in alike]) == kind), None
    )
    if earlier is None:
        return recipe.replace(**{place: (*layers, layer)})
    joined = Layer.of(layer.path, **{**earlier.options, **layer.options})
    return recipe.replace(**{place: tuple(joined if one is earlier else one for one in layers)})


def check_head(recipe: Recipe) -> None:
    """Refuse a trick for the head's dense layers where there are none.

    Raises:
        ValueError: the head has no dense layer before the classifier.
    """
    if not recipe.head:
        raise ValueError("expected network.head with dense layers, like [512], found []: it would do nothing")
