"""Layers that give an image other sides, or other channels, without a weight."""

import math
from typing import Any

from ablation.networks.formulas.options import NEEDED, image, need, pair, whole
from ablation.networks.formulas.registry import formula
from ablation.networks.formulas.size import Shape, Size


def _edges(value: Any, key: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """One number for all four edges, two for height and width, or two pairs."""
    first, second = value if isinstance(value, list | tuple) else (value, value)
    return pair(first, key, 0), pair(second, key, 0)


@formula("Cropping2D")
def _crop(shape: Shape, *, cropping: Any = ((0, 0), (0, 0))) -> Size:
    height, width, channels = image(shape)
    rows, columns = _edges(cropping, "cropping")
    return Size((height - sum(rows), width - sum(columns), channels))


@formula("ZeroPadding2D")
def _pad(shape: Shape, *, padding: Any = 1) -> Size:
    height, width, channels = image(shape)
    rows, columns = _edges(padding, "padding")
    return Size((height + sum(rows), width + sum(columns), channels))


@formula("UpSampling2D")
def _upsample(shape: Shape, *, size: Any = 2, interpolation: str = "nearest") -> Size:
    height, width, channels = image(shape)
    first, second = pair(size, "size")
    return Size((height * first, width * second, channels))


@formula("Resizing")
def _resize(
    shape: Shape,
    *,
    height: Any = NEEDED,
    width: Any = NEEDED,
    interpolation: str = "bilinear",
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    antialias: bool = False,
) -> Size:
    need(height=height, width=width)
    return Size((whole(height, "height"), whole(width, "width"), image(shape)[2]))


@formula("CenterCrop", "RandomCrop")
def _cut(shape: Shape, *, height: Any = NEEDED, width: Any = NEEDED) -> Size:
    need(height=height, width=width)
    return Size((whole(height, "height"), whole(width, "width"), image(shape)[2]))


@formula("ablation.layers.enlarge.Enlarge")
def _enlarge(shape: Shape, *, factor: Any = NEEDED) -> Size:
    need(factor=factor)
    height, width, channels = image(shape)
    if factor <= 0:
        raise ValueError(f"factor: expected above 0, found {factor}")
    return Size((max(1, round(height * factor)), max(1, round(width * factor)), channels))


@formula("ablation.layers.image_net_scaling.ImageNetScaling")
def _image_net_scaling(shape: Shape, *, mode: str = "caffe") -> Size:
    height, width, channels = image(shape)
    if channels not in (1, 3):
        raise ValueError(f"expected images in colour or grey, found {channels} channels")
    return Size((height, width, 3))


@formula("ablation.layers.padded_identity.PaddedIdentity")
def _padded_identity(shape: Shape, *, filters: Any = NEEDED, strides: Any = 1) -> Size:
    need(filters=filters)
    height, width, channels = image(shape)
    if whole(filters, "filters") < channels:
        raise ValueError(f"filters: expected {channels} or more, found {filters}")
    step = whole(strides, "strides")
    return Size((math.ceil(height / step), math.ceil(width / step), filters))
