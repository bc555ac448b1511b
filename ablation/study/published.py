"""Accuracies that a lecture prints for a step."""

from typing import Annotated

from pydantic import Field

from ablation.recipe import Frozen

Share = Annotated[float, Field(ge=0, le=1)]


class PublishedAccuracy(Frozen):
    """Accuracies that a lecture prints for a step, as fractions."""

    val: Share | None = None
    train: Share | None = None
