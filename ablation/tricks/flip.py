from ablation.recipe import Layer, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("augment", "alternating_flip", undoes=["alternating_flip"])
def flip(recipe: Recipe) -> Recipe:
    """Half of the training images mirrored, drawn anew each time; in the place of `alternating_flip`.

    Source: Krizhevsky et al. 2012.
    Lecture: 0.879 -> 0.907 (B); one of D5 and E3.
    When it hurts: classes told apart by left and right, such as digits and letters.
    """
    layer = Layer.of("keras.layers.RandomFlip", mode="horizontal")
    return with_layer(recipe.replace(alternating_flip=False), "augment", layer, "mode")
