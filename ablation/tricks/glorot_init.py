from typing import Literal

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick


@trick("initializer")
def glorot_init(recipe: Recipe, *, distribution: Literal["normal", "uniform"] = "uniform") -> Recipe:
    """Glorot's (Xavier's) initial weights: variance 2 / (n_in + n_out).

    A compromise between keeping the size of activations forwards and of gradients backwards, for activations
    that are the identity near zero. Keras' default.

    Source: Glorot and Bengio 2010, equation 16.
    Lecture: the initialiser of A's networks, of which the deep ones do not learn (A4, A6).
    When it hurts: deep ReLU networks without normalisation, whose activations shrink from layer to layer.

    Parameters:
        distribution: of the weights; Keras cuts the normal one at two deviations.
    """
    return recipe.replace(initializer=Layer.of(f"keras.initializers.Glorot{distribution.title()}"))
