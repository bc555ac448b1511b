from typing import Annotated

from pydantic import Field

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick


@trick("pool")
def fractional_pooling(recipe: Recipe, *, ratio: Annotated[float, Field(gt=1, le=2)] = 1.5) -> Recipe:
    """Fractional max-pooling: random regions one or two pixels wide.

    A block's end shrinks the image by less than two, and where the regions lie is drawn for each image, so
    each image is seen under many small distortions. At test time the regions are fixed; `pooling_draws`
    averages over draws.

    Source: Graham 2014 (disjoint pseudorandom regions; ratio sqrt 2).
    Lecture: random pooling regions (E9), no figure.
    When it hurts: time and memory, since the image stays larger, as does the head behind it unless blocks are
    added or
        `global_pooling` is used; does not go with `residual`, whose shortcut halves the image.

    Parameters:
        ratio: of the sides before and after, above 1 and at most 2.
    """
    path = "ablation.layers.fractional_max_pooling2d.FractionalMaxPooling2D"
    return recipe.replace(pool=Layer.of(path, ratio=ratio))
