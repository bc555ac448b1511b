"""Output shape, parameters and FLOPs of a layer: exact, or refused.

Layers that have a formula (`ablation.networks.formulas`) are counted without Keras; any other is made once and asked.
FLOPs are forward floating-point operations an image at inference, two a multiply-add, of convolutions and dense
layers: each kernel weight is counted once for every place that it is laid on, padding included.
"""

import functools
import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ablation import own_code
from ablation.networks.backbones import APPLICATIONS
from ablation.networks.formulas import FORMULAS, Shape, Size
from ablation.recipe import Layer

if TYPE_CHECKING:
    import keras

FUNCTIONS = "ablation.networks.families."
NO_EFFECT = {
    *(f"{part}_{what}" for part in ("kernel", "bias", "depthwise", "pointwise", "activity", "beta", "gamma", "alpha")
      for what in ("initializer", "regularizer", "constraint")),
    "moving_mean_initializer", "moving_variance_initializer", "activation", "epsilon", "momentum", "seed", "name",
    "dtype", "trainable", "autocast",
}  # fmt: skip
"""Options that no figure depends on."""


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
