from ablation.recipe import Layer, Positive, Recipe
from ablation.tricks import trick


@trick("schedule")
def inverse_time_decay(recipe: Recipe, *, rate: Positive = 0.00025) -> Recipe:
    """A learning rate that falls as 1/t: eta0 / (1 + rate * step).

    Source: Robbins and Monro 1951.
    Lecture: 0.01 / 40 a step, under SGD 0.01 with Nesterov momentum (D3).
    When it hurts: falls fast at first and slowly later, mostly the wrong way round for a training of known
    length.

    Parameters:
        rate: per optimizer step; the learning rate is halved after 1 / rate steps.
    """
    path = "keras.optimizers.schedules.InverseTimeDecay"
    return recipe.replace(schedule=Layer.of(path, decay_steps=1, decay_rate=rate))
