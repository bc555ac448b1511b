"""How much of a data set a study takes."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, ValidatorFunctionWrapHandler, WrapValidator, field_validator

from ablation.recipe import Frozen

SHARE = re.compile(r"(?!0+(\.0+)? ?%)(100|[0-9]{1,2}(\.[0-9]{1,6})?) ?%")


def _or_share(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """`10%` stands until it is known how many images there are."""
    if not isinstance(value, str):
        return check(value)
    if not SHARE.fullmatch(value):
        raise ValueError(f"expected a number of images, or a share of them like 10%, found '{value}'")
    return value


Shared = (WrapValidator(_or_share), PlainSerializer(lambda value: value))
Images = Annotated[int, Field(ge=1, le=10_000_000), *Shared]
Side = Annotated[int, Field(ge=4, le=1024)]
Fit = Literal["crop", "stretch"]
Draw = Literal["shared", "seed"]


class Sizes(Frozen):
    """What is taken of a dataset.

    Attributes:
        train, val, test: numbers of images. `None` takes all there are (5,000 for validation). Without test images none
            are judged. Until a design is planned also a share, like `10%`, of the data set's training images, or for
            `test` of its test images.
        classes: labels that are kept, counted anew from 0 in this order; `None` for all.
        size: to which images are brought, one side or (height, width) in pixels; `None` leaves them as they are.
        fit: how: `crop` scales until both sides are covered and cuts the rest off evenly, `stretch` scales each side.
        draw: whose part of the training images that are there: `seed` has every seed draw its own for training and for
            validation, the same in every step, `shared` takes one part for all seeds. Test images are the same for all
            seeds. A plan takes `seed`, and `shared` where all training images are taken; a record that does not say is
            of `shared`.
    """

    train: Images | None = None
    val: Images | None = None
    test: Annotated[int, Field(ge=0, le=10_000_000), *Shared] | None = None
    classes: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=2)] | None = None

    size: Side | tuple[Side, Side] | None = None
    fit: Fit = "crop"
    draw: Draw = "shared"

    @property
    def shares(self) -> dict[str, float]:
        """The fields that are shares, 0-1."""
        given: dict[str, Any] = {"train": self.train, "val": self.val, "test": self.test}
        return {name: float(one.rstrip(" %")) / 100 for name, one in given.items() if isinstance(one, str)}

    def counted(self, there: Mapping[str, int]) -> "Sizes":
        """The shares as numbers of images, one at least.

        Args:
            there: how many images each of train, val and test is a share of.
        """
        return self.replace(**{name: max(1, round(one * there[name])) for name, one in self.shares.items()})

    @property
    def height_and_width(self) -> tuple[int, int] | None:
        """`size` as a pair."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    def class_count(self, there: int) -> int:
        """How many classes are kept of those that a data set has."""
        return len(self.classes or range(there))

    def image_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of an image, (height, width, channels), once it is brought to `size`."""
        return (*self.height_and_width, shape[2]) if self.height_and_width else shape

    @field_validator("classes")
    @classmethod
    def _different(cls, classes: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if classes and len(set(classes)) < len(classes):
            raise ValueError(f"expected different classes, found {list(classes)}")
        return classes
