from ablation.recipe import Positive, Recipe
from ablation.tricks import trick


@trick("l1")
def l1(recipe: Recipe, *, strength: Positive = 1e-5) -> Recipe:
    """L1 penalty on kernels.

    `strength * sum of absolute weights` joins the loss; its gradient has the same size for every weight, so
    it can push small weights to zero and keep them there. Biases and normalisation weights are left alone.

    Source: Tibshirani 1996.
    Lecture: L1 and L2 together in B; on kernels, never on biases (D4).
    When it hurts: too strong, it takes whole filters away; with Adam small weights jitter about zero.

    Parameters:
        strength: lambda, per unit of weight.
    """
    return recipe.replace(l1=strength)
