"""How many pixels a window leaves of an image's side; pure, needs no Keras."""

import math


def window_side(side: int, size: int, stride: int = 1, padding: str = "valid", dilation: int = 1) -> int:
    """After a convolution or pooling; below 1 where the window does not fit.

    Args:
        side: pixels before.
        size, stride, dilation: of the window, pixels.
        padding: `valid` or `same`.

    Raises:
        ValueError: another padding.
    """
    if padding == "same":
        return math.ceil(side / stride)
    if padding != "valid":
        raise ValueError(f"padding: expected valid or same, found {padding!r}")
    return (side - dilation * (size - 1) - 1) // stride + 1


def transposed_side(
    side: int, size: int, stride: int, padding: str, dilation: int, extra: int | None = None
) -> int:
    """After a transposed convolution, as `keras.layers.Conv2DTranspose` counts.

    Args:
        side, size, stride, padding, dilation: as in `window_side`.
        extra: Keras' `output_padding`.
    """
    reach = dilation * (size - 1) + 1
    if padding not in ("valid", "same"):
        raise ValueError(f"padding: expected valid or same, found {padding!r}")
    if extra is None:
        return side * stride + (max(reach - stride, 0) if padding == "valid" else 0)
    cut = 2 * (reach // 2) if padding == "same" else 0
    return (side - 1) * stride + reach - cut + extra


def pooled_side(side: int, ratio: float) -> int:
    """After fractional pooling: rounded down, but no region is wider than two pixels."""
    return max(int(side / ratio), math.ceil(side / 2))
