from typing import Literal

from ablation.recipe import Recipe
from ablation.tricks import trick


@trick("activation")
def activation(
    recipe: Recipe,
    *,
    name: Literal["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "softplus"] = "elu",
) -> Recipe:
    """Another activation after every layer.

    ELU, SELU, GELU and SiLU let a little of the negative side through, so no unit is dead; sigmoid and tanh
    saturate on both sides.

    Source: Clevert et al. 2016 (ELU), Klambauer et al. 2017 (SELU), Hendrycks and Gimpel 2016 (GELU, SiLU).
    Lecture: sigmoid against ReLU (A4, A5); ELU in network D.
    When it hurts: sigmoid in deep networks; SELU with other than LeCun's initial weights; all but ReLU cost
    some time.

    Parameters:
        name: as in `keras.activations`.
    """
    return recipe.replace(activation=name)
