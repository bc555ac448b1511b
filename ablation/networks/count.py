"""Output shape, parameters and FLOPs of a layer: exact, or refused.

Layers whose formula stands here are counted without Keras; any other is made once and asked. FLOPs are forward
floating-point operations an image at inference, two a multiply-add, of convolutions and dense layers: each kernel
weight is counted once for every place that it is laid on, padding included.
"""

import functools
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ablation import own_code
from ablation.networks.backbones import APPLICATIONS
from ablation.recipe import Layer
from ablation.sides import pooled_side, transposed_side, window_side

if TYPE_CHECKING:
    import keras

Shape = tuple[int, ...]
FUNCTIONS = "ablation.networks.families."
NO_EFFECT = {
    *(f"{part}_{what}" for part in ("kernel", "bias", "depthwise", "pointwise", "activity", "beta", "gamma", "alpha")
      for what in ("initializer", "regularizer", "constraint")),
    "moving_mean_initializer", "moving_variance_initializer", "activation", "epsilon", "momentum", "seed", "name",
    "dtype", "trainable", "autocast",
}  # fmt: skip
"""Options that no figure depends on."""


@dataclass(frozen=True)
class Size:
    """What a layer makes of its input, and at what price.

    Attributes:
        shape: of its output, without the batch.
        parameters: weights, statistics that are not trained included.
        flops: as the module says.
    """

    shape: Shape
    parameters: int = 0
    flops: int = 0


def figures(layer: Layer, shapes: Sequence[Shape]) -> Size:
    """Of a layer on inputs of these shapes, without the batch.

    Raises:
        ValueError: the layer cannot be made so, does not fit its input, or does not tell its FLOPs.
    """
    return _figures(layer.model_dump_json(), tuple(shapes))


@functools.lru_cache(maxsize=100_000)
def _figures(text: str, shapes: tuple[Shape, ...]) -> Size:
    layer = Layer.model_validate(json.loads(text))
    if layer.path.startswith(FUNCTIONS):
        return _of_function(layer)
    if layer.path.startswith(APPLICATIONS):
        return _of_application(layer)
    formula = FORMULAS.get(layer.path)
    if layer.options.get("data_format", "channels_last") not in ("channels_last", None):
        raise ValueError(f"{layer.kind}.data_format: expected channels_last, as all images here are")
    known = formula is not None or layer.path in KEEPING
    if known and len(shapes) > 1 and not (formula is not None and formula.merges):
        raise ValueError(f"{layer.kind}: expected a layer that merges {len(shapes)} inputs")
    if layer.path in KEEPING:
        return Size(shapes[0])
    options = {key: value for key, value in layer.options.items() if key not in NO_EFFECT}
    options.pop("data_format", None)
    if formula is not None and options.keys() <= formula.options:
        try:
            return formula.function(*(shapes if formula.merges else shapes[:1]), **options)
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            found = " and ".join("x".join(map(str, shape)) for shape in shapes)
            raise ValueError(f"{layer.kind} on {found}: {error}") from error
    return _built(layer, shapes)


def _of_function(layer: Layer) -> Size:
    """The figures of the network that a function makes."""
    from ablation.networks.functions import make_function

    try:
        return size_of(make_function(layer, 0, "count", "count", "float32"))
    except Exception as error:  # whatever the user's function raises
        where = own_code.place(error)
        raise ValueError(f"{layer.kind}: {error}" + f" ({where})" * bool(where)) from error


def _of_application(layer: Layer) -> Size:
    from ablation.networks.applications import make_application

    return size_of(make_application(layer, 0, "count", "count", "float32"))


def size_of(model: "keras.Model") -> Size:
    """The figures of a functional model of one input and one output: the sum over the calls of its layers.

    Raises:
        ValueError: the FLOPs of a layer in it are not known.
    """
    from ablation.keras_private import calls_of

    flops = sum(_flops_of_call(one, inputs) for one, inputs, _ in calls_of(model))
    return Size(tuple(model.outputs[0].shape[1:]), model.count_params(), flops)


def _flops_of_call(operation: Any, shapes: list[Shape]) -> int:
    """Of a layer's or another operation's call on inputs of these shapes."""
    kind = type(operation).__name__
    path = f"keras.layers.{kind}"
    own = getattr(operation, "flops", None)
    if own is not None:
        return int(own(shapes[0] if len(shapes) == 1 else shapes))
    if path in KEEPING:
        return 0
    if (formula := FORMULAS.get(path)) is not None and type(operation).__module__.startswith("keras."):
        config = operation.get_config()
        if config.get("data_format", "channels_last") != "channels_last":
            raise ValueError(f"{kind}.data_format: expected channels_last, as all images here are")
        options = {key: value for key, value in config.items() if key in formula.options}
        return formula.function(*(shapes if formula.merges else shapes[:1]), **options).flops
    weights = getattr(operation, "weights", [])
    vectors = all(math.prod(weight.shape) == max(weight.shape, default=1) for weight in weights)
    if not vectors or kind in MATMULS or kind in PRODUCTS:
        raise ValueError(f"{kind}: its FLOPs are not known: expected a method flops(input_shape)")
    return 0


def _built(layer: Layer, shapes: tuple[Shape, ...]) -> Size:
    """The figures that the layer itself tells.

    A layer whose weights are vectors at most computes no convolution or dense layer; any other has a method
    `flops(input_shape)`, which is given the shape without the batch, or a list of them.
    """
    import keras

    from ablation.networks.make import make

    def refuse(why: str) -> ValueError:
        return ValueError(f"{layer.path}: {' '.join(why.split())[:200]}")

    if layer.kind in MATMULS and layer.path.startswith("keras."):
        raise refuse("its FLOPs are not known here")
    try:
        one = make(layer, 0, "count")
        inputs = [keras.KerasTensor((None, *shape)) for shape in shapes]
        output = one(inputs if len(inputs) > 1 else inputs[0])
    except Exception as error:  # a layer raises nearly anything on what it cannot be made of or called on
        told = f"{error}; {where}" if (where := own_code.place(error)) else error
        raise refuse(f"cannot be used on {shapes[0] if len(shapes) == 1 else shapes} ({told})") from error
    shape: tuple[Any, ...] = getattr(output, "shape", (None, None))
    if None in shape[1:]:
        raise refuse("expected one output of a fixed shape")
    flops = getattr(one, "flops", None)
    vectors = all(math.prod(weight.shape) == max(weight.shape, default=1) for weight in one.weights)
    if flops is None and not vectors:
        raise refuse("its FLOPs are not known: expected a method flops(input_shape)")
    counted = 0 if flops is None else int(flops(shapes[0] if len(shapes) == 1 else list(shapes)))
    return Size(tuple(shape[1:]), one.count_params(), counted)


@dataclass(frozen=True)
class Formula:
    """How a layer is counted.

    Attributes:
        function: of the input's shape (of all inputs' shapes, where it merges) and the options named in `options`.
        options: those that it knows; a layer with others is made and asked.
        merges: whether the layer reads several inputs.
    """

    function: Callable[..., Size]
    options: frozenset[str]
    merges: bool = False


FORMULAS: dict[str, Formula] = {}
MATMULS = {
    "AdditiveAttention", "Attention", "Dot", "GroupQueryAttention", "MelSpectrogram", "MultiHeadAttention",
    "STFTSpectrogram",
}  # fmt: skip
"""Layers of Keras that multiply matrices without holding them as weights."""
PRODUCTS = {
    "Conv",
    "ConvTranspose",
    "DepthwiseConv",
    "Dot",
    "Einsum",
    "Inner",
    "Matmul",
    "SeparableConv",
    "Tensordot",
}
"""Operations of `keras.ops` that do."""
KEEPING = {
    *(f"keras.layers.{name}" for name in (
        "Activation", "ActivityRegularization", "AlphaDropout", "AugMix", "AutoContrast",
        "ContrastLimitedAdaptiveHistogramEqualization", "Dropout", "ELU", "Equalization", "GaussianDropout",
        "GaussianNoise", "Identity", "LeakyReLU", "Masking", "RandAugment", "RandomBrightness",
        "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomElasticTransform", "RandomErasing",
        "RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert", "RandomPerspective",
        "RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear",
        "RandomTranslation", "RandomZoom", "ReLU", "Rescaling", "Softmax", "Solarization", "SpatialDropout2D",
        "UnitNormalization",
    )),
    *(f"ablation.layers.{name}" for name in (
        "auto_augment.AutoAugment", "cutout.Cutout", "rand_augment.RandAugment",
        "random_affine.RandomAffine", "random_channel_shift.RandomChannelShift",
        "random_crop_resize.RandomCropResize", "random_elastic.RandomElastic",
        "random_gaussian_noise.RandomGaussianNoise", "random_pad_crop.RandomPadCrop",
        "random_pca_color.RandomPcaColor", "random_pixel_flip.RandomPixelFlip",
    )),
}  # fmt: skip
"""Layers that keep their input's shape and have no weights; what they draw in training is no part of the figures."""


def _formula(*names: str, merges: bool = False) -> Callable[[Callable[..., Size]], Callable[..., Size]]:
    """Declare a function to count layers of these names; its keyword-only arguments are Keras' options."""

    def declare(function: Callable[..., Size]) -> Callable[..., Size]:
        known = frozenset(function.__kwdefaults__ or ())
        for name in names:
            path = name if "." in name else f"keras.layers.{name}"
            FORMULAS[path] = Formula(function, known, merges)
        return function

    return declare


NEEDED: Any = object()


def _need(**options: Any) -> None:
    for key, value in options.items():
        if value is NEEDED:
            raise ValueError(f"{key}: expected a value")


def _pair(value: Any, key: str, least: int = 1) -> tuple[int, int]:
    """One whole number, or two, for height and width."""
    pair = tuple(value) if isinstance(value, list | tuple) else (value, value)
    if len(pair) != 2 or not all(type(one) is int and one >= least for one in pair):
        raise ValueError(f"{key}: expected one or two whole numbers from {least}, found {value!r}")
    return pair


def _image(shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise ValueError("expected images (height, width, channels)")
    return shape[0], shape[1], shape[2]


def _count(value: Any, key: str) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{key}: expected a whole number from 1, found {value!r}")
    return value


def _windows(shape: Shape, size: Any, strides: Any, padding: Any, dilation: Any = 1) -> tuple[int, int]:
    """Sides after windows are laid over an image."""
    height, width, _ = _image(shape)
    sizes, steps, reach = (
        _pair(size, "size"),
        _pair(strides, "strides"),
        _pair(dilation, "dilation_rate"),
    )
    if max(steps) > 1 and max(reach) > 1:
        raise ValueError("expected strides or dilation_rate above 1, found both")
    first, second = (
        window_side(side, *one)
        for side, one in zip(
            (height, width), zip(sizes, steps, [str(padding).lower()] * 2, reach, strict=True), strict=True
        )
    )
    return first, second


@_formula("Conv2D", "Convolution2D", "ablation.layers.whitening_conv2d.WhiteningConv2D")
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
    _need(filters=filters, kernel_size=kernel_size)
    channels, filters, groups = _image(shape)[2], _count(filters, "filters"), _count(groups, "groups")
    if channels % groups or filters % groups:
        raise ValueError(
            f"groups: expected a divisor of {channels} channels and {filters} filters, found {groups}"
        )
    sides = _windows(shape, kernel_size, strides, padding, dilation_rate)
    weights = math.prod(_pair(kernel_size, "kernel_size")) * (channels // groups) * filters
    return Size((*sides, filters), weights + bool(use_bias) * filters, 2 * weights * math.prod(sides))


@_formula("Conv2DTranspose", "Convolution2DTranspose")
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
    _need(filters=filters, kernel_size=kernel_size)
    (height, width, channels), filters = _image(shape), _count(filters, "filters")
    sizes, steps = _pair(kernel_size, "kernel_size"), _pair(strides, "strides")
    reach = _pair(dilation_rate, "dilation_rate")
    if max(steps) > 1 and max(reach) > 1:
        raise ValueError("expected strides or dilation_rate above 1, found both")
    extra = (None, None) if output_padding is None else _pair(output_padding, "output_padding", 0)
    sides = tuple(
        transposed_side(side, size, step, str(padding).lower(), wide, more)
        for side, size, step, wide, more in zip((height, width), sizes, steps, reach, extra, strict=True)
    )
    weights = math.prod(sizes) * channels * filters
    return Size((*sides, filters), weights + bool(use_bias) * filters, 2 * weights * height * width)


@_formula("DepthwiseConv2D")
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
    _need(kernel_size=kernel_size)
    sides = _windows(shape, kernel_size, strides, padding, dilation_rate)
    out = _image(shape)[2] * _count(depth_multiplier, "depth_multiplier")
    weights = math.prod(_pair(kernel_size, "kernel_size")) * out
    return Size((*sides, out), weights + bool(use_bias) * out, 2 * weights * math.prod(sides))


@_formula("SeparableConv2D", "SeparableConvolution2D")
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
    _need(filters=filters, kernel_size=kernel_size)
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


@_formula("Dense")
def _dense(shape: Shape, *, units: Any = NEEDED, use_bias: bool = True) -> Size:
    _need(units=units)
    weights = shape[-1] * _count(units, "units")
    places = math.prod(shape[:-1])
    return Size((*shape[:-1], units), weights + bool(use_bias) * units, 2 * weights * places)


@_formula("ablation.layers.drop_connect_dense.DropConnectDense")
def _drop_connect(shape: Shape, *, units: Any = NEEDED, rate: Any = NEEDED, use_bias: bool = True) -> Size:
    return _dense(shape, units=units, use_bias=use_bias)


@_formula("MaxPooling2D", "MaxPool2D", "AveragePooling2D", "AvgPool2D")
def _pool(shape: Shape, *, pool_size: Any = 2, strides: Any = None, padding: Any = "valid") -> Size:
    sides = _windows(shape, pool_size, pool_size if strides is None else strides, padding)
    return Size((*sides, shape[2]))


@_formula("AdaptiveAveragePooling2D", "AdaptiveMaxPooling2D")
def _adaptive_pool(shape: Shape, *, output_size: Any = NEEDED) -> Size:
    _need(output_size=output_size)
    return Size((*_pair(output_size, "output_size"), _image(shape)[2]))


@_formula("ablation.layers.fractional_max_pooling2d.FractionalMaxPooling2D")
def _fractional_pool(shape: Shape, *, ratio: Any = NEEDED) -> Size:
    _need(ratio=ratio)
    height, width, channels = _image(shape)
    if not 1 < ratio <= 2:
        raise ValueError(f"ratio: expected above 1 and at most 2, found {ratio}")
    return Size((pooled_side(height, ratio), pooled_side(width, ratio), channels))


@_formula("ablation.layers.enlarge.Enlarge")
def _enlarge(shape: Shape, *, factor: Any = NEEDED) -> Size:
    _need(factor=factor)
    height, width, channels = _image(shape)
    if factor <= 0:
        raise ValueError(f"factor: expected above 0, found {factor}")
    return Size((max(1, round(height * factor)), max(1, round(width * factor)), channels))


@_formula(
    "GlobalAveragePooling2D", "GlobalAvgPool2D", "GlobalMaxPooling2D", "GlobalMaxPool2D"
)  # fmt: skip
def _global_pool(shape: Shape, *, keepdims: bool = False) -> Size:
    channels = _image(shape)[2]
    return Size((1, 1, channels) if keepdims else (channels,))


@_formula("Flatten")
def _flatten(shape: Shape) -> Size:
    return Size((math.prod(shape),))


@_formula("Reshape")
def _reshape(shape: Shape, *, target_shape: Any = NEEDED) -> Size:
    _need(target_shape=target_shape)
    wanted, total = list(target_shape), math.prod(shape)
    if wanted.count(-1) > 1:
        raise ValueError(f"target_shape: expected one -1 at most, found {wanted}")
    known = math.prod(side for side in wanted if side != -1)
    found = tuple(total // known if side == -1 else side for side in wanted)
    if math.prod(found) != total:
        raise ValueError(f"target_shape: expected {total} numbers in all, found {wanted}")
    return Size(found)


@_formula("Permute")
def _permute(shape: Shape, *, dims: Any = NEEDED) -> Size:
    _need(dims=dims)
    if sorted(dims) != list(range(1, len(shape) + 1)):
        raise ValueError(f"dims: expected the numbers 1-{len(shape)}, found {dims}")
    return Size(tuple(shape[one - 1] for one in dims))


@_formula("RepeatVector")
def _repeat(shape: Shape, *, n: Any = NEEDED) -> Size:
    _need(n=n)
    if len(shape) != 1:
        raise ValueError("expected vectors")
    return Size((_count(n, "n"), *shape))


def _edges(value: Any, key: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """One number for all four edges, two for height and width, or two pairs."""
    first, second = value if isinstance(value, list | tuple) else (value, value)
    return _pair(first, key, 0), _pair(second, key, 0)


@_formula("Cropping2D")
def _crop(shape: Shape, *, cropping: Any = ((0, 0), (0, 0))) -> Size:
    height, width, channels = _image(shape)
    rows, columns = _edges(cropping, "cropping")
    return Size((height - sum(rows), width - sum(columns), channels))


@_formula("ZeroPadding2D")
def _pad(shape: Shape, *, padding: Any = 1) -> Size:
    height, width, channels = _image(shape)
    rows, columns = _edges(padding, "padding")
    return Size((height + sum(rows), width + sum(columns), channels))


@_formula("UpSampling2D")
def _upsample(shape: Shape, *, size: Any = 2, interpolation: str = "nearest") -> Size:
    height, width, channels = _image(shape)
    first, second = _pair(size, "size")
    return Size((height * first, width * second, channels))


@_formula("ablation.layers.image_net_scaling.ImageNetScaling")
def _image_net_scaling(shape: Shape, *, mode: str = "caffe") -> Size:
    height, width, channels = _image(shape)
    if channels not in (1, 3):
        raise ValueError(f"expected images in colour or grey, found {channels} channels")
    return Size((height, width, 3))


@_formula("Resizing")
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
    _need(height=height, width=width)
    return Size((_count(height, "height"), _count(width, "width"), _image(shape)[2]))


@_formula("CenterCrop", "RandomCrop")
def _cut(shape: Shape, *, height: Any = NEEDED, width: Any = NEEDED) -> Size:
    _need(height=height, width=width)
    return Size((_count(height, "height"), _count(width, "width"), _image(shape)[2]))


@_formula("ablation.layers.padded_identity.PaddedIdentity")
def _padded_identity(shape: Shape, *, filters: Any = NEEDED, strides: Any = 1) -> Size:
    _need(filters=filters)
    height, width, channels = _image(shape)
    if _count(filters, "filters") < channels:
        raise ValueError(f"filters: expected {channels} or more, found {filters}")
    step = _count(strides, "strides")
    return Size((math.ceil(height / step), math.ceil(width / step), filters))


def _along(shape: Shape, axis: Any) -> int:
    """Numbers along an axis, or several, counted as Keras does with the batch as 0."""
    axes = list(axis) if isinstance(axis, list | tuple) else [axis]
    places = {one % (len(shape) + 1) for one in axes}
    if 0 in places or not all(-len(shape) <= one <= len(shape) for one in axes):
        raise ValueError(f"axis: expected other than the batch's, found {axis}")
    return math.prod(shape[one - 1] for one in places)


@_formula("BatchNormalization", "ablation.layers.batch_normalization.BatchNormalization")
def _batch_norm(shape: Shape, *, axis: Any = -1, center: bool = True, scale: bool = True) -> Size:
    return Size(shape, _along(shape, axis) * (2 + bool(center) + bool(scale)))


@_formula("LayerNormalization")
def _layer_norm(shape: Shape, *, axis: Any = -1, center: bool = True, scale: bool = True) -> Size:
    return Size(shape, _along(shape, axis) * (bool(center) + bool(scale)))


@_formula("GroupNormalization")
def _group_norm(
    shape: Shape, *, groups: Any = 32, axis: Any = -1, center: bool = True, scale: bool = True
) -> Size:
    channels = _along(shape, axis)
    if groups != -1 and channels % _count(groups, "groups"):
        raise ValueError(f"groups: expected a divisor of {channels} channels, found {groups}")
    return Size(shape, channels * (bool(center) + bool(scale)))


@_formula("RMSNormalization")
def _rms_norm(shape: Shape, *, axis: Any = -1) -> Size:
    return Size(shape, _along(shape, axis))


@_formula("PReLU")
def _prelu(shape: Shape, *, shared_axes: Any = None) -> Size:
    shared = (
        shared_axes if isinstance(shared_axes, list | tuple) else [] if shared_axes is None else [shared_axes]
    )
    sides = (1 if place in shared else side for place, side in enumerate(shape, start=1))
    return Size(shape, math.prod(sides))


@_formula(
    "Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract", merges=True
)  # fmt: skip
def _merge(*shapes: Shape) -> Size:
    return Size(np.broadcast_shapes(*shapes))


@_formula("ablation.layers.stochastic_depth_add.StochasticDepthAdd", merges=True)
def _stochastic_depth(*shapes: Shape, rate: Any = NEEDED) -> Size:
    return _merge(*shapes)


@_formula("Concatenate", merges=True)
def _concatenate(*shapes: Shape, axis: int = -1) -> Size:
    place = axis % (len(shapes[0]) + 1) - 1
    others = {shape[:place] + shape[place + 1 :] for shape in shapes}
    if place < 0 or len(others) > 1:
        raise ValueError("expected inputs that differ along the axis alone")
    joined = list(shapes[0])
    joined[place] = sum(shape[place] for shape in shapes)
    return Size(tuple(joined))
