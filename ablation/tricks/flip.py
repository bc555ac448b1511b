from ablation.recipe import Layer, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("augment")
def flip(recipe: Recipe) -> Recipe:
    """Half of the training images mirrored.

    Source: Krizhevsky et al. 2012.
    Lecture: 0.879 -> 0.907 (B); one of D5 and E3.
    When it hurts: classes told apart by left and right, such as digits and letters.
    """
    layer = Layer.of("keras.layers.RandomFlip", mode="horizontal")
    return with_layer(recipe, "augment", layer, "mode")
