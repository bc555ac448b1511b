"""What a recipe is made of: numbers within bounds, frozen values, layers that are named and not yet made."""

import functools
import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    WrapValidator,
    field_validator,
)

Probability = Annotated[float, Field(ge=0, le=1)]  # of an event
Rate = Annotated[
    float, Field(ge=0, lt=1)
]  # a share that is dropped, or the weight of the past: 1 leaves nothing
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
PositiveInt = Annotated[int, Field(ge=1)]


def _or_fraction(given: Any, whole: Callable[[Any], int]) -> float:
    broken = isinstance(given, float) and math.isfinite(given) and given > 0 and not given.is_integer()
    return given if broken else whole(given)


Epochs = Annotated[PositiveInt, WrapValidator(_or_fraction), PlainSerializer(lambda value: value)]
"""Passes over the training images: a whole number from 1, or a fraction above 0 like 9.9."""


NUMBER_OR_TRUTH = frozenset({int, float, bool})


def check_kinds(annotation: Any, value: Any) -> None:
    """Refuse truth values and text where numbers belong, and numbers where truth values do.

    pydantic takes `true` for 1, `"5"` for 5 and 1 for `true`.

    Args:
        annotation: of the field or parameter.
        value: as given, or a list of such.

    Raises:
        ValueError: what was expected and found.
    """
    _check(_kinds(annotation), value)


def _check(kinds: frozenset[Any], value: Any) -> None:
    if kinds.isdisjoint(NUMBER_OR_TRUTH):
        return
    if isinstance(value, list | tuple):
        for one in value:
            _check(kinds, one)
    numbers, truth, text = kinds & {int, float}, bool in kinds, kinds & {str, Any}
    if isinstance(value, bool) and numbers and not truth and Any not in kinds:
        raise ValueError(f"expected a number, found {str(value).lower()}")
    if isinstance(value, str) and numbers and not text and _reads_as_number(value):
        raise ValueError(f"expected a number, found '{value[:60]}'")
    if truth and not isinstance(value, bool) and kinds <= {bool, type(None)}:
        raise ValueError(f"expected true or false, found {str(value)[:60]!r}")


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@functools.cache
def _kinds(annotation: Any) -> frozenset[Any]:
    """The plain types that an annotation is made of; a model or a choice of words counts as any."""
    if get_origin(annotation) is Literal:
        return frozenset({Any})
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _kinds(parts[0])
    if parts:
        return frozenset().union(*(_kinds(part) for part in parts if part is not ...))
    return frozenset({annotation if annotation in (int, float, bool, str, type(None)) else Any})


@functools.cache
def _kinds_of_field(model: type[BaseModel], name: str) -> frozenset[Any]:
    annotation: Any = model.model_fields[name].annotation
    return _kinds(annotation)


class Frozen(BaseModel):
    """A value: immutable, compared by content, unknown keys rejected, numbers given as numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _kinds_are_kept(cls, value: Any, info: ValidationInfo) -> Any:
        if info.field_name is not None:
            _check(_kinds_of_field(cls, info.field_name), value)
        return value

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, validated like a new one."""
        return type(self).model_validate({**dict(self), **changes}) if changes else self


class Layer(Frozen):
    """One Keras object, named but not yet made.

    Attributes:
        path: import path of the class: `keras.layers.Dropout`, `keras.initializers.HeNormal`.
        options: its keyword arguments; a value may itself be a `Layer`. `name`, `dtype` and `seed` are given by the
            network builder.
    """

    path: str
    options: dict[str, Any] = {}

    @classmethod
    def of(cls, path: str, **options: Any) -> Self:
        return cls(path=path, options=options)

    @property
    def kind(self) -> str:
        """The class name: `Dropout`."""
        return self.path.rpartition(".")[2]

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(f'{key}={value}' for key, value in self.options.items())})"
