from typing import Annotated

from pydantic import Field

from ablation.recipe import Positive, PositiveInt, Pretraining, Recipe
from ablation.tricks import trick


@trick("pretrained")
def pretrained(
    recipe: Recipe,
    *,
    classes: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=2)] = (0, 1, 2, 3, 4),
    train: PositiveInt | None = None,
    val: PositiveInt | None = None,
    epochs: PositiveInt = 20,
    batch_size: PositiveInt = 128,
    learning_rate: Positive = 1e-3,
) -> Recipe:
    """The blocks start from a network that was trained on other classes.

    The project trains that network itself, once a seed, with Adam. Blocks and input scaling are taken over, the
    head starts anew. Times are of the new training alone.

    Source: Yosinski et al. 2014, "How transferable are features in deep neural networks?".
    Lecture: ImageNet's weights under a new head (D10); what to retrain follows data size and similarity (E12).
    When it hurts: much data of its own, or images unlike those of the first training.

    Parameters:
        classes: labels that the first network learns.
        train, val: its numbers of images; where not given all, and 5,000 for validation.
        epochs, batch_size, learning_rate: of the first training.
    """
    first = Pretraining(
        classes=classes,
        train=train,
        val=val,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
    )
    return recipe.replace(pretrained=first)
