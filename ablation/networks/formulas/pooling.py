"""Pooling."""

from typing import Any

from ablation.networks.formulas.options import NEEDED, image, need, pair, windows
from ablation.networks.formulas.registry import formula
from ablation.networks.formulas.size import Shape, Size
from ablation.sides import pooled_side


@formula("MaxPooling2D", "MaxPool2D", "AveragePooling2D", "AvgPool2D")
def _pool(shape: Shape, *, pool_size: Any = 2, strides: Any = None, padding: Any = "valid") -> Size:
    sides = windows(shape, pool_size, pool_size if strides is None else strides, padding)
    return Size((*sides, shape[2]))


@formula("AdaptiveAveragePooling2D", "AdaptiveMaxPooling2D")
def _adaptive_pool(shape: Shape, *, output_size: Any = NEEDED) -> Size:
    need(output_size=output_size)
    return Size((*pair(output_size, "output_size"), image(shape)[2]))


@formula("ablation.layers.fractional_max_pooling2d.FractionalMaxPooling2D")
def _fractional_pool(shape: Shape, *, ratio: Any = NEEDED) -> Size:
    need(ratio=ratio)
    height, width, channels = image(shape)
    if not 1 < ratio <= 2:
        raise ValueError(f"ratio: expected above 1 and at most 2, found {ratio}")
    return Size((pooled_side(height, ratio), pooled_side(width, ratio), channels))


@formula(
    "GlobalAveragePooling2D", "GlobalAvgPool2D", "GlobalMaxPooling2D", "GlobalMaxPool2D"
)  # fmt: skip
def _global_pool(shape: Shape, *, keepdims: bool = False) -> Size:
    channels = image(shape)[2]
    return Size((1, 1, channels) if keepdims else (channels,))
