from typing import Literal

from ablation.recipe import Layer, Recipe
from ablation.tricks import trick


@trick("initializer")
def lecture_he(
    recipe: Recipe, *, activation: Literal["sigmoid", "tanh", "relu"] = "relu", corrected: bool = True
) -> Recipe:
    """Lecture D's own He initialiser: Xavier's deviation times 1 for sigmoid, 4 for tanh, sqrt 2 for ReLU.

    Source: He et al. 2015 give sqrt 2 for ReLU, on n_in alone; the factors 1 and 4 are the lecture's, which
    has them
        the other way round than the usual 4 for sigmoid and 1 for tanh.
    Lecture: shown as code (D6), no figure.
    When it hurts: 4 drives tanh into saturation; uncorrected, every convolution's activations grow.

    Parameters:
        activation: whose factor is taken; the network's activation stays as it is.
        corrected: true fans; otherwise the slides' mistake, see `lecture_xavier`.
    """
    layer = Layer.of("ablation.initializers.LectureHe", activation=activation, corrected=corrected)
    return recipe.replace(initializer=layer)
