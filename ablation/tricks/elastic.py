from ablation.recipe import Layer, Positive, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("augment")
def elastic(recipe: Recipe, *, stddev: Positive = 1.0, smoothness: Positive = 4.0) -> Recipe:
    """Training images warped smoothly at random, as if printed on rubber.

    Source: Simard et al. 2003.
    Lecture: elastic warps (E3), no figure.
    When it hurts: rigid objects, told apart by straight lines; interpolation blurs small images.

    Parameters:
        stddev: of each pixel's displacement on either axis, pixels.
        smoothness: distance over which displacements are alike, pixels.
    """
    path = "ablation.layers.random_elastic.RandomElastic"
    return with_layer(recipe, "augment", Layer.of(path, stddev=stddev, smoothness=smoothness))
