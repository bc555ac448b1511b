from ablation.recipe import Layer, Probability, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("pixel_augment")
def pixel_flip(recipe: Recipe, *, probability: Probability = 0.02) -> Recipe:
    """Single pixels of each training image turned to their opposite.

    Few large errors, where `pixel_noise` makes small ones everywhere.

    Source: the random noise of Vincent et al. 2008, which spoils single pixels.
    Lecture: single pixels flipped (E3), no figure.
    When it hurts: objects of a few pixels; so many pixels that no edge is left.

    Parameters:
        probability: that a pixel turns, from v to 255 - v in every channel, 0-1.
    """
    path = "ablation.layers.random_pixel_flip.RandomPixelFlip"
    return with_layer(recipe, "pixel_augment", Layer.of(path, probability=probability))
