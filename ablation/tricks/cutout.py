from ablation.recipe import Layer, PositiveInt, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("augment")
def cutout(recipe: Recipe, *, size: PositiveInt = 8) -> Recipe:
    """A random square of each training image set to zero.

    The network has to use the whole object, not its most telling part. Zero is the mean of standardised
    pixels.

    Source: DeVries and Taylor 2017 (16 pixels on CIFAR-10, 8 on CIFAR-100).
    Lecture: a random square set to zero (E10); a rule of thumb for small datasets (E14).
    When it hurts: squares as large as the object; short trainings.

    Parameters:
        size: side of the square, pixels.
    """
    return with_layer(recipe, "augment", Layer.of("ablation.layers.cutout.Cutout", size=size))
