from typing import Annotated, Literal

from pydantic import Field

from ablation.recipe import Layer, NonNegative, PositiveInt, Recipe
from ablation.tricks import trick


@trick("schedule")
def reduce_on_plateau(
    recipe: Recipe,
    *,
    monitor: Literal["val_loss", "val_accuracy", "loss", "accuracy"] = "val_loss",
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1,
    patience: PositiveInt = 10,
    min_delta: NonNegative = 1e-4,
    cooldown: Annotated[int, Field(ge=0)] = 0,
    min_rate: NonNegative = 0.0,
) -> Recipe:
    """A learning rate that is cut when the curve no longer improves.

    Source: `keras.callbacks.ReduceLROnPlateau`; by hand in Krizhevsky et al. 2012 and He et al. 2016.
    Lecture: schedules (D14), no figure.
    When it hurts: noisy curves of few validation images, which cut too early; chooses on the validation images, whose
        figure is then a little too good. `early_stopping` with no more patience ends the training before the cut.

    Parameters:
        monitor: the curve that is watched; a loss should fall, an accuracy rise.
        factor: of each cut, 0-1.
        patience: epochs without improvement before a cut.
        min_delta: an epoch is better only by more than this.
        cooldown: epochs after a cut that do not count.
        min_rate: the rate does not fall below it.
    """
    options = {
        "monitor": monitor,
        "factor": factor,
        "patience": patience,
        "min_delta": min_delta,
        "cooldown": cooldown,
        "min_rate": min_rate,
    }
    return recipe.replace(schedule=Layer.of("ablation.schedules.ReduceOnPlateau", **options))
