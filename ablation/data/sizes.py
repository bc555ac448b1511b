"""How much of a data set a study takes."""

from typing import Annotated

from pydantic import Field, field_validator

from ablation.recipe import Frozen

Images = Annotated[int, Field(ge=1, le=10_000_000)]


class Sizes(Frozen):
    """What is taken of a dataset.

    Attributes:
        train, val, test: numbers of images; `None` takes all there are (5,000 for validation). Without test images none
            are judged.
        classes: labels that are kept, counted anew from 0 in this order; `None` for all.
    """

    train: Images | None = None
    val: Images | None = None
    test: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    classes: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=2)] | None = None

    @field_validator("classes")
    @classmethod
    def _different(cls, classes: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if classes and len(set(classes)) < len(classes):
            raise ValueError(f"expected different classes, found {list(classes)}")
        return classes
