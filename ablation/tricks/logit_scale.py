from ablation.recipe import Positive, Recipe
from ablation.tricks import trick


@trick("logit_scale")
def logit_scale(recipe: Recipe, *, factor: Positive = 1 / 9) -> Recipe:
    """Logits multiplied by a constant.

    A small factor keeps the first probabilities near uniform and the first gradients small, so that the classifier can
    be trained at the rate that the convolutions need.

    Source: Page 2018 ("How to train your ResNet", part 4: 1/8); 1/9 Jordan 2024.
    Lecture: not in the lectures.
    When it hurts: small learning rates, at which the network stays unsure.

    Parameters:
        factor: above 0.
    """
    return recipe.replace(logit_scale=factor)
