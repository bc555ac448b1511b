from typing import Annotated

from pydantic import Field

from ablation.recipe import Layer, Positive, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer

Factor = Annotated[float, Field(ge=1, le=4)]


@trick("convs_per_block", "widths", "augment")
def compound_scaling(
    recipe: Recipe,
    *,
    phi: Positive = 1.0,
    depth: Factor = 1.2,
    width: Factor = 1.1,
    resolution: Factor = 1.15,
) -> Recipe:
    """A network made deeper, wider and finer at once.

    Convolutions a block, filters and the images' sides are multiplied by `depth`, `width` and `resolution` to the
    power of phi. With the defaults each unit of phi doubles the work, since it grows with depth and with the squares
    of the other two. Convolutions a block are whole numbers: where rounding leaves them as they are the network is
    only wider and finer.

    Source: Tan and Le 2019, equation 3; the factors are those of EfficientNet.
    Lecture: depth, width and resolution scaled together (E), no figure.
    When it hurts: few images, a fixed time budget; enlarged images show nothing that was not there.

    Parameters:
        phi: how many times over.
        depth, width, resolution: factors at phi 1.
    """
    convs = tuple(max(1, round(count * depth**phi)) for count in recipe.block_convs())
    if isinstance(recipe.convs_per_block, int):
        recipe = recipe.replace(convs_per_block=convs[0])
    else:
        recipe = recipe.replace(convs_per_block=convs)
    recipe = recipe.replace(widths=tuple(max(1, round(one * width**phi)) for one in recipe.widths))
    layer = Layer.of("ablation.layers.enlarge.Enlarge", factor=resolution**phi)
    return with_layer(recipe, "augment", layer)
