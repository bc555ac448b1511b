from typing import Annotated

from pydantic import Field

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick


@trick("schedule")
def cosine_decay(recipe: Recipe, *, warmup_epochs: Annotated[float, Field(ge=0)] = 0.0) -> Recipe:
    """A learning rate that falls to zero along half a cosine, after a straight rise where wanted.

    Slow at both ends: the rate stays near its peak for a third of the training and near zero at the end.

    Source: Loshchilov and Hutter 2017, without restarts; warm-up as in Goyal et al. 2017.
    Lecture: schedules (D14), no figure.
    When it hurts: stopping early, since the gain comes in the last epochs.

    Parameters:
        warmup_epochs: length of the rise.
    """
    options = {"total_steps": "total"} | (
        {"warmup_steps": f"{warmup_epochs:g} epoch"} if warmup_epochs else {}
    )
    return recipe.replace(schedule=Layer.of("ablation.schedules.WarmUpCosineDecay", **options))
