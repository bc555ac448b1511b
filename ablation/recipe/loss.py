"""What training minimises."""

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ValidationInfo, field_validator, model_validator

from ablation.recipe.values import Frozen, NonNegative, Positive


class Loss(Frozen):
    """What training minimises, besides the network's penalties: a mean over the images of a batch.

    Judged, and shown as validation and test loss, is the cross-entropy of the softmax whatever was minimised, so
    that the losses of all steps are of one kind.

    Attributes:
        name: `categorical_crossentropy` of the softmax; `focal`, the same with each class's term times
            `alpha * (1 - p)^gamma` (Lin et al. 2017); `binary_crossentropy`, the mean over the classes of one sigmoid
            each (Wightman et al. 2021).
        gamma: of `focal`, 2 where not said: 0 is cross-entropy, more leaves more of the easy images out.
        alpha: of `focal`, 1 where not said: factor on the whole.
    """

    name: Literal["categorical_crossentropy", "focal", "binary_crossentropy"] = "categorical_crossentropy"
    gamma: NonNegative | None = None
    alpha: Positive | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        """A name alone is enough; what `focal` is not told is its usual value."""
        given = {"name": value} if isinstance(value, str) else value
        if isinstance(given, dict) and given.get("name") == "focal":
            usual = {"gamma": 2.0, "alpha": 1.0}
            return given | {key: one for key, one in usual.items() if given.get(key) is None}
        return given

    @field_validator("gamma", "alpha")
    @classmethod
    def _is_read(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and info.data.get("name") != "focal":
            raise ValueError(f"expected loss focal beside it, found {info.data.get('name')}")
        return value


def _class_weight(value: Any) -> Any:
    """`balanced`, a tuple, or a dictionary by class, as it was meant.

    Raises:
        ValueError: it is none of them.
    """
    if value is None or value == "balanced":
        return value
    many = isinstance(value, list | tuple | dict) and len(value) > 0
    numbers = list(value.values() if isinstance(value, dict) else value) if many else [None]
    keys = [str(key) for key in value] if isinstance(value, dict) else []
    if not (all(map(_is_weight, numbers)) and all(key.isdecimal() for key in keys)):
        raise ValueError(
            "expected balanced, a list of numbers from 0, one a class, or such numbers by class, "
            f"found {str(value)[:60]!r}"
        )
    return dict(zip(map(int, keys), numbers, strict=True)) if keys else tuple(numbers)


def _is_weight(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0


ClassWeight = Annotated[
    Literal["balanced"] | tuple[float, ...] | dict[int, float], BeforeValidator(_class_weight)
]
"""Weights of classes in the loss: `balanced`, one number a class, or numbers by class, 1 for all others."""
