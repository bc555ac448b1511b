from ablation.recipe import Layer, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("augment")
def vertical_flip(recipe: Recipe) -> Recipe:
    """Half of the training images turned upside down.

    Source: Buslaev et al. 2020 (a standard transform of images from above and of tissue).
    Lecture: vertical flips (E3), no figure.
    When it hurts: photographs, in which the sky is above; digits and letters.
    """
    return with_layer(recipe, "augment", Layer.of("keras.layers.RandomFlip", mode="vertical"), "mode")
