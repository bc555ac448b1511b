"""`trials/<hash>.json`: what is kept of one trial, as a schema with bounds."""

import base64
import binascii
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ablation.results.manifest import MOST, Count, Hash, Picture, Sha256, Share

Figure = Annotated[float, Field(ge=-3.5e38, le=3.5e38)]
Amount = Annotated[float, Field(ge=0, le=1e15)]
Side = Annotated[int, Field(ge=1, le=64)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="allow", allow_inf_nan=False)


class EpochRow(_Part):
    """One finished epoch: losses, accuracies 0-1, the learning rate at its start, seconds."""

    epoch: Annotated[int, Field(ge=1, le=MOST)]
    loss: Figure | None = None
    accuracy: Share | None = None
    val_loss: Figure | None = None
    val_accuracy: Share | None = None
    learning_rate: Figure | None = None
    seconds: Amount | None = None


class Shown(_Part):
    """What the network made of the test images that every trial of the run is asked about.

    Attributes:
        images: name of the picture under `samples/` that holds them in one column.
        truth, predicted: classes, one an image.
        map_sides: rows and columns of the maps; None where there are none.
        maps: base64 of one byte a place, image after image: how much it speaks for the predicted class, 255 the most
            (`engine.gradients.activation_maps`).
        no_maps: why there are none.
    """

    images: Picture
    truth: Annotated[list[Count], Field(max_length=1000)]
    predicted: Annotated[list[Count], Field(max_length=1000)]
    map_sides: tuple[Side, Side] | None = None
    maps: Annotated[str, Field(max_length=1_000_000)] | None = None
    no_maps: str = ""

    @field_validator("map_sides", mode="before")
    @classmethod
    def _pair(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_an_image(self) -> Self:
        if len(self.truth) != len(self.predicted):
            raise ValueError("predicted: expected as many as truth")
        if self.maps is not None:
            rows, columns = self.map_sides or (0, 0)
            try:
                found = len(base64.b64decode(self.maps, validate=True))
            except binascii.Error as error:
                raise ValueError("maps: expected base64") from error
            if found != len(self.truth) * rows * columns:
                raise ValueError("maps: expected a byte for each place of map_sides of each image")
        return self


class Right(_Part):
    """Which test images were predicted right.

    Attributes:
        images: sha256 of the test images and their labels.
        number: how many there are.
        bits: base64 of a bit an image, eight a byte, the first one the highest; 1 is right.
        by_class: whether the images of the first class come first and so on, so that the confusion matrix says which
            are whose; otherwise they come as in the test set.
    """

    images: Sha256
    number: Annotated[int, Field(ge=1, le=10_000_000)]
    bits: Annotated[str, Field(max_length=1_700_000)]
    by_class: bool = False

    @model_validator(mode="after")
    def _one_an_image(self) -> Self:
        try:
            found = len(base64.b64decode(self.bits, validate=True))
        except binascii.Error as error:
            raise ValueError("bits: expected base64") from error
        if found != -(-self.number // 8):
            raise ValueError(f"bits: expected {self.number} bits in whole bytes, found {found} bytes")
        return self


class TrialRecord(_Part):
    """One trial, finished in whatever way; the columns of `trials.csv` that do not depend on a design.

    `done` is only what has its accuracies. `confusion` counts (classes x classes), rows the truth.
    """

    contract: Literal[1]
    config_hash: Hash
    seed: Annotated[int, Field(ge=-MOST, le=MOST)]
    status: Literal["done", "failed", "diverged"]
    error: str | None = None
    epochs: list[EpochRow]
    epochs_run: Count | None = None
    best_epoch: Count | None = None
    train_accuracy: Share | None = None
    running_train_accuracy: Share | None = None
    val_accuracy: Share | None = None
    best_val_accuracy: Share | None = None
    test_accuracy: Share | None = None
    test_top5_accuracy: Share | None = None
    gap: Annotated[float, Field(ge=-1, le=1)] | None = None
    train_loss: Figure | None = None
    val_loss: Figure | None = None
    test_loss: Figure | None = None
    parameters: Count | None = None
    flops_per_image: Count | None = None
    train_seconds: Amount | None = None
    images_per_second: Amount | None = None
    peak_memory_mb: Amount | None = None
    measures: dict[str, Figure | None] | None = None
    confusion: list[list[Count]] | None = None
    shown: Shown | None = None
    right: Right | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.status == "done":
            for name in ("train_accuracy", "val_accuracy"):
                if getattr(self, name) is None:
                    raise ValueError(f"{name}: expected a number of a trial that is done, found none")
        if self.confusion is not None and any(len(row) != len(self.confusion) for row in self.confusion):
            raise ValueError("confusion: expected as many columns as rows")
        if self.right is not None and self.right.by_class:
            images = sum(map(sum, self.confusion or []))
            if images != self.right.number:
                raise ValueError(
                    f"right: expected a bit of each of the {images} images of confusion, found {self.right.number}"
                )
        return self
