from typing import Literal

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick


@trick("initializer")
def he_init(recipe: Recipe, *, distribution: Literal["normal", "uniform"] = "normal") -> Recipe:
    """He's initial weights: variance 2 / n_in.

    Under ReLU half of a layer's inputs are zero, so twice the variance keeps the activations' size from layer
    to layer.

    Source: He et al. 2015, equation 10.
    Lecture: the deep network of A6 learns with it (A9); the initialiser of the ladder (C).
    When it hurts: sigmoid and tanh, which it drives into saturation; beside normalisation it matters little.

    Parameters:
        distribution: of the weights; Keras cuts the normal one at two deviations.
    """
    return recipe.replace(initializer=Layer.of(f"keras.initializers.He{distribution.title()}"))
