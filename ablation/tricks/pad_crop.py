from ablation.recipe import Layer, PositiveInt, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("augment")
def pad_crop(recipe: Recipe, *, padding: PositiveInt = 4) -> Recipe:
    """Each training image shifted by a few whole pixels, with zeros at the uncovered edge.

    Padding and cropping at a random place, the usual augmentation of CIFAR-10. Zero is the mean of
    standardised pixels.

    Source: He et al. 2016, section 4.2.
    Lecture: random crops (E3), no figure.
    When it hurts: networks that are blind to shifts anyway, by global pooling.

    Parameters:
        padding: largest shift, pixels.
    """
    layer = Layer.of("ablation.layers.random_pad_crop.RandomPadCrop", padding=padding)
    return with_layer(recipe, "augment", layer)
