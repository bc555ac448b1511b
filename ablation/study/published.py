"""Accuracies that a lecture prints for a step."""

from typing import Annotated

from pydantic import Field

from ablation.recipe import Frozen

Share = Annotated[float, Field(ge=0, le=1)]


class PublishedAccuracy(Frozen):
    """Accuracies that a lecture prints for a step, as fractions.

    Attributes:
        val, train: of validation (in most decks the test set) and of training.
        experiment: of the lecture's; a change is published only between two steps of one experiment.
    """

    val: Share | None = None
    train: Share | None = None
    experiment: str = ""
