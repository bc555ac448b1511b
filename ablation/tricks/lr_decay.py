from typing import Annotated

from pydantic import Field

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick


@trick("schedule")
def lr_decay(recipe: Recipe, *, gamma: Annotated[float, Field(gt=0, lt=1)] = 0.95) -> Recipe:
    """A learning rate that falls by a factor each epoch: eta0 * gamma^epoch.

    Large steps at first, small ones at the end, so that the weights settle.

    Source: exponential decay; lecture C.
    Lecture: 0.906 -> 0.906, training 0.92 -> 0.98 (C).
    When it hurts: a rate that has died before the training ends; gamma has to fit the number of epochs.

    Parameters:
        gamma: factor an epoch, 0-1.
    """
    path = "keras.optimizers.schedules.ExponentialDecay"
    return recipe.replace(schedule=Layer.of(path, decay_steps="epoch", decay_rate=gamma, staircase=True))
