from ablation.recipe import PositiveInt, Recipe
from ablation.tricks import trick
from ablation.tricks._noise import with_noise


@trick("predict")
def monte_carlo_dropout(recipe: Recipe, *, draws: PositiveInt = 10) -> Recipe:
    """Predictions averaged over dropout noise.

    Dropout, DropConnect and stochastic depth stay on at test time and the class probabilities of several
    draws are
    averaged: the ensemble that the usual single pass stands for. Batch normalisation is in inference mode.
        Training
    stays as it is.

    Source: Gal and Ghahramani 2016; Srivastava et al. 2014, section 7.5.
    Lecture: dropout as an ensemble, averaging over the noise at test time (E7), no figure.
    When it hurts: time at prediction, times the draws; few draws do worse than the single pass. Without such
    layers
        it only costs time.

    Parameters:
        draws: passes averaged.
    """
    return with_noise(recipe, "dropout", draws)
