from ablation.recipe import Recipe
from ablation.tricks import trick


@trick("scaling")
def standardize(recipe: Recipe) -> Recipe:
    """Inputs with mean 0 and deviation 1 in every channel.

    The training set's mean and deviation of each channel, taken over all its pixels, serve for all splits. A
    layer that starts on centred inputs of unit size gets gradients of one scale and is blind to a linear
    change of its input.

    Source: LeCun et al. 1998, "Efficient BackProp", section 4.3.
    Lecture: the deep network of A6, which does not learn on pixels divided by 255, learns (A7).
    When it hurts: never much; normalisation after the first convolution makes it nearly superfluous.
    """
    return recipe.replace(scaling="standardize")
