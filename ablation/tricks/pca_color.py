from ablation.recipe import Layer, Positive, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("pixel_augment")
def pca_color(recipe: Recipe, *, stddev: Positive = 0.1) -> Recipe:
    """One random colour added to each training image, along the principal components of all pixels' colours.

    Lighting changes images mostly along these directions, so this makes the network blind to its colour and
    strength.

    Source: Krizhevsky et al. 2012, section 4.1.
    Lecture: PCA colour (E3), no figure.
    When it hurts: hardly ever; at 0.1 it changes an image by a few grey levels, so expect little.

    Parameters:
        stddev: of the factor on the covariance's eigenvalues (on pixels of 0-1).
    """
    layer = Layer.of("ablation.layers.random_pca_color.RandomPcaColor", stddev=stddev)
    return with_layer(recipe, "pixel_augment", layer)
