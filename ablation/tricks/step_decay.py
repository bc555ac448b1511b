from typing import Annotated

from pydantic import Field

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick

Share = Annotated[float, Field(gt=0, lt=1)]


@trick("schedule")
def step_decay(recipe: Recipe, *, every: Share = 0.4, factor: Share = 0.1) -> Recipe:
    """A learning rate that is cut at equal distances.

    Source: He et al. 2016 (by 10 at a half and three quarters of the training).
    Lecture: schedules (D14), no figure.
    When it hurts: a first cut so late that the rest is too short.

    Parameters:
        every: distance between cuts as a share of the training, 0-1; the default cuts at 40 and 80 %.
        factor: by which each multiplies the rate, 0-1.
    """
    path = "keras.optimizers.schedules.ExponentialDecay"
    layer = Layer.of(path, decay_steps=f"{every:g} total", decay_rate=factor, staircase=True)
    return recipe.replace(schedule=layer)
