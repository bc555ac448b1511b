from ablation.recipe import Positive, Recipe
from ablation.tricks import trick


@trick("l2")
def l2(recipe: Recipe, *, strength: Positive = 1e-4) -> Recipe:
    """L2 penalty on kernels.

    `strength * sum of squared weights` joins the loss; its gradient, `2 * strength * w`, pulls every kernel weight
    towards zero. Biases and normalisation weights are left alone.

    Source: Krogh and Hertz 1991; under Adam it differs from weight decay (Loshchilov and Hutter 2019).
    Lecture: 0.866 -> 0.875 (C).
    When it hurts: too strong for a short training; before batch normalisation it only changes the effective learning
        rate (van Laarhoven 2017).

    Parameters:
        strength: lambda, per squared weight.
    """
    return recipe.replace(l2=strength)
