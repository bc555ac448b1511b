"""How much of a data set a study takes."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from ablation.recipe import Frozen

Images = Annotated[int, Field(ge=1, le=10_000_000)]
Side = Annotated[int, Field(ge=4, le=1024)]
Fit = Literal["crop", "stretch"]


class Sizes(Frozen):
    """What is taken of a dataset.

    Attributes:
        train, val, test: numbers of images; `None` takes all there are (5,000 for validation). Without test images none
            are judged.
        classes: labels that are kept, counted anew from 0 in this order; `None` for all.
        size: to which images are brought, one side or (height, width) in pixels; `None` leaves them as they are.
        fit: how: `crop` scales until both sides are covered and cuts the rest off evenly, `stretch` scales each side.
    """

    train: Images | None = None
    val: Images | None = None
    test: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    classes: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=2)] | None = None

    size: Side | tuple[Side, Side] | None = None
    fit: Fit = "crop"

    @property
    def height_and_width(self) -> tuple[int, int] | None:
        """`size` as a pair."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    def image_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of an image, (height, width, channels), once it is brought to `size`."""
        return (*self.height_and_width, shape[2]) if self.height_and_width else shape

    @field_validator("classes")
    @classmethod
    def _different(cls, classes: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if classes and len(set(classes)) < len(classes):
            raise ValueError(f"expected different classes, found {list(classes)}")
        return classes
