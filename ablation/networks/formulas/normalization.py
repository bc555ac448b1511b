"""Layers that scale each number: normalisation and PReLU."""

import math
from typing import Any

from ablation.networks.formulas.options import whole
from ablation.networks.formulas.registry import formula
from ablation.networks.formulas.size import Shape, Size


def _along(shape: Shape, axis: Any) -> int:
    """Numbers along an axis, or several, counted as Keras does with the batch as 0."""
    axes = list(axis) if isinstance(axis, list | tuple) else [axis]
    places = {one % (len(shape) + 1) for one in axes}
    if 0 in places or not all(-len(shape) <= one <= len(shape) for one in axes):
        raise ValueError(f"axis: expected other than the batch's, found {axis}")
    return math.prod(shape[one - 1] for one in places)


@formula("BatchNormalization", "ablation.layers.batch_normalization.BatchNormalization")
def _batch_norm(shape: Shape, *, axis: Any = -1, center: bool = True, scale: bool = True) -> Size:
    return Size(shape, _along(shape, axis) * (2 + bool(center) + bool(scale)))


@formula("LayerNormalization")
def _layer_norm(shape: Shape, *, axis: Any = -1, center: bool = True, scale: bool = True) -> Size:
    return Size(shape, _along(shape, axis) * (bool(center) + bool(scale)))


@formula("GroupNormalization")
def _group_norm(
    shape: Shape, *, groups: Any = 32, axis: Any = -1, center: bool = True, scale: bool = True
) -> Size:
    channels = _along(shape, axis)
    if groups != -1 and channels % whole(groups, "groups"):
        raise ValueError(f"groups: expected a divisor of {channels} channels, found {groups}")
    return Size(shape, channels * (bool(center) + bool(scale)))


@formula("RMSNormalization")
def _rms_norm(shape: Shape, *, axis: Any = -1) -> Size:
    return Size(shape, _along(shape, axis))


@formula("PReLU")
def _prelu(shape: Shape, *, shared_axes: Any = None) -> Size:
    shared = (
        shared_axes if isinstance(shared_axes, list | tuple) else [] if shared_axes is None else [shared_axes]
    )
    sides = (1 if place in shared else side for place, side in enumerate(shape, start=1))
    return Size(shape, math.prod(sides))
