from ablation.recipe import PositiveInt, Recipe
from ablation.tricks import trick


@trick("bottleneck")
def bottleneck(recipe: Recipe, *, units: PositiveInt = 64) -> Recipe:
    """A narrow linear layer before the head.

    A matrix of n x m weights becomes two, n x k and k x m, without an activation between: a matrix of rank k
    with far fewer weights where k is small.

    Source: Sainath et al. 2013 (low-rank factorisation).
    Lecture: fewer parameters as regularisation (E5), no figure.
    When it hurts: narrower than the number of classes, or where the head was no larger than the bottleneck.

    Parameters:
        units: k, the rank.
    """
    return recipe.replace(bottleneck=units)
