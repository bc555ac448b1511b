"""Trainings before the training, and what of the network they leave alone."""

from typing import Annotated

from pydantic import Field

from ablation.recipe.values import Epochs, Frozen, Positive, PositiveInt


class Freeze(Frozen):
    """Layers before the head whose weights stay as they are.

    Attributes:
        blocks: how many of the first blocks; all of them, or the backbone, where None.
        statistics: whether their batch normalisations use and keep their running statistics too. Without it they
            normalise training batches by the batches' own figures, and the running ones drift.
        but_last: of a backbone, this many of its last layers are trained all the same.
    """

    blocks: PositiveInt | None = None
    statistics: bool = True
    but_last: Annotated[int, Field(ge=0)] = 0


class Pretraining(Frozen):
    """The training that the blocks' first weights come from: the same network on other classes, same seed, Adam.

    Attributes:
        classes: labels of the dataset.
        train, val: numbers of images; None for all, and 5,000 for validation.
        epochs, batch_size, learning_rate: as in `Training`.
    """

    classes: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=2)]
    train: PositiveInt | None = None
    val: PositiveInt | None = None
    epochs: PositiveInt = 20
    batch_size: PositiveInt = 128
    learning_rate: Positive = 1e-3


class WarmUp(Frozen):
    """The same training with frozen layers, which comes first and whose weights all are taken over.

    Attributes:
        epochs, learning_rate: of the warm-up.
        frozen: in the warm-up.
    """

    epochs: Epochs
    learning_rate: Positive
    frozen: Freeze
