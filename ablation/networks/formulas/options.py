"""Options of layers as whole numbers and sides; what does not fit is a ValueError that names the key."""

from typing import Any

from ablation.networks.formulas.size import Shape
from ablation.sides import window_side

NEEDED: Any = object()


def need(**options: Any) -> None:
    """Refuse options that were left out."""
    for key, value in options.items():
        if value is NEEDED:
            raise ValueError(f"{key}: expected a value")


def pair(value: Any, key: str, least: int = 1) -> tuple[int, int]:
    """One whole number, or two, for height and width."""
    both = tuple(value) if isinstance(value, list | tuple) else (value, value)
    if len(both) != 2 or not all(type(one) is int and one >= least for one in both):
        raise ValueError(f"{key}: expected one or two whole numbers from {least}, found {value!r}")
    return both


def image(shape: Shape) -> tuple[int, int, int]:
    """The shape of one image, for layers that take nothing else."""
    if len(shape) != 3:
        raise ValueError("expected images (height, width, channels)")
    return shape[0], shape[1], shape[2]


def whole(value: Any, key: str) -> int:
    """A whole number from 1."""
    if type(value) is not int or value < 1:
        raise ValueError(f"{key}: expected a whole number from 1, found {value!r}")
    return value


def windows(shape: Shape, size: Any, strides: Any, padding: Any, dilation: Any = 1) -> tuple[int, int]:
    """Sides after windows are laid over an image."""
    height, width, _ = image(shape)
    sizes, steps, reach = pair(size, "size"), pair(strides, "strides"), pair(dilation, "dilation_rate")
    if max(steps) > 1 and max(reach) > 1:
        raise ValueError("expected strides or dilation_rate above 1, found both")
    laid = str(padding).lower()
    rows, columns = (
        window_side(side, size, step, laid, wide)
        for side, size, step, wide in zip((height, width), sizes, steps, reach, strict=True)
    )
    return rows, columns
