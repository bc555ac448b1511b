from ablation.recipe import NonNegative, Positive, PositiveInt, Recipe, Whitening
from ablation.tricks import trick


@trick("whitening")
def whitening(
    recipe: Recipe,
    *,
    kernel_size: PositiveInt = 2,
    epsilon: Positive = 5e-4,
    images: PositiveInt = 5000,
    bias_epochs: NonNegative = 3.0,
) -> Recipe:
    """A first convolution that takes the correlation out of small patches, and is not trained.

    Its filters are the eigenvectors of the patches' covariance over the trial's own training images, scaled to unit
    variance, and their negations. Neighbouring pixels are nearly equal, which leaves gradient descent with directions
    of very different length; behind this layer they are alike. The bias is trained for the first epochs.

    Source: Page 2019 ("How to train your ResNet", part 8); Jordan 2024, section 3.2: 34 -> 21 epochs to .94.
    Lecture: not in the lectures.
    When it hurts: a convolution more at the images' full size; images of drawn shapes, whose patches hold one colour.

    Parameters:
        kernel_size: side of a patch, pixels.
        epsilon: is added to the eigenvalues.
        images: how many training images the patches are taken from.
        bias_epochs: for which the layer's bias is trained.
    """
    layer = Whitening(kernel_size=kernel_size, epsilon=epsilon, images=images, bias_epochs=bias_epochs)
    return recipe.replace(whitening=layer)
