from ablation.recipe import Positive, Recipe
from ablation.tricks import trick


@trick("weight_decay")
def weight_decay(recipe: Recipe, *, rate: Positive = 0.004) -> Recipe:
    """Decoupled weight decay on kernels (AdamW with Adam).

    Each step first takes `learning rate * rate` off every kernel weight. Under plain SGD that is L2 with half
    the strength; under Adam it is not, since an L2 gradient is divided by its own size. Biases and
    normalisation weights are left alone.

    Source: Loshchilov and Hutter 2019, algorithm 2.
    Lecture: w <- (1 - alpha * lambda) w - alpha dE/dw (E6), no figure.
    When it hurts: too strong for a short training.

    Parameters:
        rate: lambda, a share of the weight per unit of learning rate.
    """
    return recipe.replace(weight_decay=rate)
