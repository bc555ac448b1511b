from typing import Annotated

from pydantic import Field

from ablation.recipe import Recipe
from ablation.tricks import trick


@trick("label_smoothing")
def label_smoothing(recipe: Recipe, *, alpha: Annotated[float, Field(gt=0, lt=1)] = 0.1) -> Recipe:
    """Softened labels: (1 - alpha) * onehot + alpha / classes.

    The network is not driven to certainty, so its logits stay small and it is better calibrated. Training
    only: the losses of the tables are of hard labels.

    Source: Szegedy et al. 2016, section 7.
    Lecture: the formula (D8), no figure.
    When it hurts: the validation loss on hard labels rises even where accuracy does not fall; distillation
    from such
        a network (Mueller et al. 2019).

    Parameters:
        alpha: weight of the uniform distribution, 0-1.
    """
    return recipe.replace(label_smoothing=alpha)
