from typing import Literal

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick


@trick("initializer")
def lecun_init(recipe: Recipe, *, distribution: Literal["normal", "uniform"] = "normal") -> Recipe:
    """LeCun's initial weights: variance 1 / n_in.

    Keeps the activations' size where the activation is the identity near zero; what SELU is made for.

    Source: LeCun et al. 1998, "Efficient BackProp", equation 16.
    Lecture: one of the three initialisers that network D mixes.
    When it hurts: deep ReLU networks, whose activations lose a factor sqrt 2 a layer.

    Parameters:
        distribution: of the weights; Keras cuts the normal one at two deviations.
    """
    return recipe.replace(initializer=Layer.of(f"keras.initializers.Lecun{distribution.title()}"))
