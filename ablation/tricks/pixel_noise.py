from ablation.recipe import Layer, Positive, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("augment")
def pixel_noise(recipe: Recipe, *, stddev: Positive = 0.1) -> Recipe:
    """Gaussian noise on every pixel of every training image.

    Ten times the `noise` of the generalisation ladder, and on all images.

    Source: Sietsma and Dow 1991; Bishop 1995.
    Lecture: random pixel noise (E3), no figure.
    When it hurts: noise as large as the detail that tells classes apart.

    Parameters:
        stddev: of the noise, in the unit of the scaled image: deviations where it is standardised.
    """
    return with_layer(recipe, "augment", Layer.of("keras.layers.GaussianNoise", stddev=stddev))
