"""Layers that multiply by a kernel: convolutions and dense layers."""

import math
from typing import Any

from ablation.networks.formulas.options import NEEDED, image, need, pair, whole, windows
from ablation.networks.formulas.registry import formula
from ablation.networks.formulas.size import Shape, Size
from ablation.sides import transposed_side


def _laid(shape: Shape, weights: int, places: int, use_bias: bool) -> Size:
    """Of a kernel with so many weights, laid on so many places, that makes an output of this shape."""
    return Size(shape, weights + bool(use_bias) * shape[-1], 2 * weights * places)


@formula("Conv2D", "Convolution2D", "ablation.layers.whitening_conv2d.WhiteningConv2D")
def _conv(
    shape: Shape,
    *,
    filters: Any = NEEDED,
    kernel_size: Any = NEEDED,
    strides: Any = 1,
    padding: Any = "valid",
    dilation_rate: Any = 1,
    groups: Any = 1,
    use_bias: bool = True,
) -> Size:
    need(filters=filters, kernel_size=kernel_size)
    channels, filters, groups = image(shape)[2], whole(filters, "filters"), whole(groups, "groups")
    if channels % groups or filters % groups:
        raise ValueError(
            f"groups: expected a divisor of {channels} channels and {filters} filters, found {groups}"
        )
    sides = windows(shape, kernel_size, strides, padding, dilation_rate)
    weights = math.prod(pair(kernel_size, "kernel_size")) * (channels // groups) * filters
    return _laid((*sides, filters), weights, math.prod(sides), use_bias)


@formula("Conv2DTranspose", "Convolution2DTranspose")
def _conv_transpose(
    shape: Shape,
    *,
    filters: Any = NEEDED,
    kernel_size: Any = NEEDED,
    strides: Any = 1,
    padding: Any = "valid",
    output_padding: Any = None,
    dilation_rate: Any = 1,
    use_bias: bool = True,
) -> Size:
    need(filters=filters, kernel_size=kernel_size)
    (height, width, channels), filters = image(shape), whole(filters, "filters")
    sizes, steps = pair(kernel_size, "kernel_size"), pair(strides, "strides")
    reach = pair(dilation_rate, "dilation_rate")
    if max(steps) > 1 and max(reach) > 1:
        raise ValueError("expected strides or dilation_rate above 1, found both")
    extra = (None, None) if output_padding is None else pair(output_padding, "output_padding", 0)
    sides = tuple(
        transposed_side(side, size, step, str(padding).lower(), wide, more)
        for side, size, step, wide, more in zip((height, width), sizes, steps, reach, extra, strict=True)
    )
    weights = math.prod(sizes) * channels * filters
    return _laid((*sides, filters), weights, height * width, use_bias)


@formula("DepthwiseConv2D")
def _depthwise(
    shape: Shape,
    *,
    kernel_size: Any = NEEDED,
    strides: Any = 1,
    padding: Any = "valid",
    depth_multiplier: Any = 1,
    dilation_rate: Any = 1,
    use_bias: bool = True,
) -> Size:
    need(kernel_size=kernel_size)
    sides = windows(shape, kernel_size, strides, padding, dilation_rate)
    out = image(shape)[2] * whole(depth_multiplier, "depth_multiplier")
    weights = math.prod(pair(kernel_size, "kernel_size")) * out
    return _laid((*sides, out), weights, math.prod(sides), use_bias)


@formula("SeparableConv2D", "SeparableConvolution2D")
def _separable(
    shape: Shape,
    *,
    filters: Any = NEEDED,
    kernel_size: Any = NEEDED,
    strides: Any = 1,
    padding: Any = "valid",
    dilation_rate: Any = 1,
    depth_multiplier: Any = 1,
    use_bias: bool = True,
) -> Size:
    need(filters=filters, kernel_size=kernel_size)
    depth = _depthwise(
        shape,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        depth_multiplier=depth_multiplier,
        dilation_rate=dilation_rate,
        use_bias=False,
    )
    point = _conv(depth.shape, filters=filters, kernel_size=1, use_bias=use_bias)
    return Size(point.shape, depth.parameters + point.parameters, depth.flops + point.flops)


@formula("Dense")
def _dense(shape: Shape, *, units: Any = NEEDED, use_bias: bool = True) -> Size:
    need(units=units)
    weights = shape[-1] * whole(units, "units")
    return _laid((*shape[:-1], units), weights, math.prod(shape[:-1]), use_bias)


@formula("ablation.layers.drop_connect_dense.DropConnectDense")
def _drop_connect(shape: Shape, *, units: Any = NEEDED, rate: Any = NEEDED, use_bias: bool = True) -> Size:
    return _dense(shape, units=units, use_bias=use_bias)
