from typing import Annotated

from pydantic import Field

from ablation.recipe import Recipe
from ablation.tricks import trick


@trick("ema")
def ema(recipe: Recipe, *, momentum: Annotated[float, Field(gt=0, lt=1)] = 0.99) -> Recipe:
    """A moving average of the weights is judged in the end.

    Training goes on as without it; the average over about the last 1 / (1 - momentum) steps takes the noise
    of single steps away, much as a falling learning rate does. The curves over the epochs are of the training
    weights.

    Source: Polyak and Juditsky 1992; Izmailov et al. 2018.
    Lecture: not in the lectures.
    When it hurts: trainings not much longer than the average, which then lags behind; where the learning rate
    falls
        to zero there is little left to average. Batch normalisation keeps the training weights' statistics.

    Parameters:
        momentum: weight of the past, 0-1.
    """
    return recipe.replace(ema=momentum)
