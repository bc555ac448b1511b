from ablation.recipe import PositiveInt, Recipe
from ablation.tricks import trick
from ablation.tricks._noise import with_noise


@trick("predict")
def pooling_draws(recipe: Recipe, *, draws: PositiveInt = 10) -> Recipe:
    """Predictions averaged over random pooling regions.

    Fractional max-pooling keeps drawing its regions at test time and the class probabilities of several draws
    are averaged. Training stays as it is.

    Source: Graham 2014, section 4 (12 draws).
    Lecture: test = average over several draws (E9), no figure.
    When it hurts: time at prediction, times the draws; without `fractional_pooling` it only costs time.

    Parameters:
        draws: passes averaged.
    """
    return with_noise(recipe, "pooling", draws)
