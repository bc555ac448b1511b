"""A recipe written out as a list of layers with shapes, parameters and FLOPs; pure, needs no Keras.

`ablation.networks.build` makes the layers listed here; `ablation plan` prints them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ablation.recipe import Backbone, Layer, Recipe


@dataclass(frozen=True)
class Problem:
    """What a network has to know of its data.

    Attributes:
        image_shape: (height, width, channels).
        classes: how many.
        mean, deviation: per channel over the training images, in pixel units 0-255.
    """

    image_shape: tuple[int, int, int]
    classes: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]


@dataclass(frozen=True)
class Node:
    """One layer of a network.

    Attributes:
        name: unique in the network and the same in every recipe that has the layer: weights and random streams are
            keyed by it.
        layer: class and options.
        inputs: names of the nodes it reads; `()` for the image.
        shape: of its output, without the batch.
        parameters: weights, statistics that are not trained included.
        flops: forward floating-point operations an image, two a multiply-add, of convolutions and dense layers.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    parameters: int
    flops: int


def layout(recipe: Recipe, problem: Problem) -> tuple[Node, ...]:
    """The layers of a recipe's network, inputs before their readers; the last one gives the logits.

    Raises:
        ValueError: the recipe does not fit the image (more poolings than its side can be halved).
    """
    nodes: list[Node] = []

    def shape(name: str) -> tuple[int, ...]:
        return next(node.shape for node in nodes if node.name == name)

    def add(name: str, layer: Layer, *inputs: str) -> str:
        shapes = [shape(wanted) for wanted in inputs]
        nodes.append(Node(name, layer, inputs, *_figures(layer, shapes or [problem.image_shape])))
        if 0 in nodes[-1].shape:
            raise ValueError(
                f"widths: {len(recipe.widths)} blocks need images of at least {2 ** len(recipe.widths)} pixels a "
                f"side, found {problem.image_shape[0]}x{problem.image_shape[1]}"
            )
        return name

    def chain(x: str, layers: Iterable[Layer], prefix: str) -> str:
        for name, layer in _named(layers, prefix):
            x = add(name, layer, x)
        return x

    def activated(x: str, layer: Layer, name: str, norm: Layer | None) -> str:
        """Layer, normalisation and activation in the recipe's order."""
        first = norm if recipe.norm_position == "before_activation" else None
        x = add(name, Layer.of(layer.path, **layer.options, use_bias=first is None), x)
        if first is not None:
            x = add(f"{name}_norm", first, x)
        x = add(f"{name}_activation", Layer.of("keras.layers.Activation", activation=recipe.activation), x)
        return x if norm is None or first is not None else add(f"{name}_norm", norm, x)

    def conv(filters: int, size: int, strides: int = 1) -> Layer:
        options = {"filters": filters, "kernel_size": size, "strides": strides, "padding": "same"}
        return Layer.of(recipe.conv.path, **recipe.conv.options, **options, **_kernel(recipe))

    def dense(units: int) -> Layer:
        return Layer.of(recipe.dense.path, **recipe.dense.options, units=units, **_kernel(recipe))

    pixels: tuple[str, ...] = ()
    for name, layer in _named(recipe.pixel_augment, "pixel"):
        pixels = (add(name, layer, *pixels),)
    x = add("scaling", _scaling(recipe, problem), *pixels)
    x = chain(x, recipe.augment, "augment")
    blocks = tuple(zip(recipe.widths, recipe.block_convs(), strict=True)) if recipe.backbone is None else ()
    if recipe.frozen is not None and (recipe.frozen.blocks or 0) > len(blocks):
        raise ValueError(f"frozen.blocks: the network has {len(blocks)} blocks, found {recipe.frozen.blocks}")
    if recipe.backbone is not None:
        x = add("backbone", _backbone(recipe.backbone, problem), x)
    for block, (width, convs) in enumerate(blocks, start=1):
        start = x
        for index in range(1, convs + 1):
            x = activated(x, conv(width, recipe.kernel_size), f"block{block}_conv{index}", recipe.norm)
        x = add(f"block{block}_pool", recipe.pool, x)
        if recipe.shortcut == "conv":
            side = activated(start, conv(width, 3, strides=2), f"block{block}_shortcut", None)
            if shape(x) != shape(side):
                raise ValueError(
                    f"shortcut: its stride of 2 gives {shape(side)}, {recipe.pool} gives {shape(x)}"
                )
            x = add(f"block{block}_merge", recipe.merge, x, side)
        x = chain(x, recipe.block_end, f"block{block}")
    x = add("flatten", recipe.flatten, x)
    if recipe.bottleneck is not None:
        x = add("bottleneck", Layer.of("keras.layers.Dense", units=recipe.bottleneck, **_kernel(recipe)), x)
    for index, units in enumerate(recipe.head, start=1):
        x = activated(x, dense(units), f"head{index}", recipe.norm if recipe.head_norm else None)
        x = chain(x, recipe.head_end, f"head{index}")
    classifier = dense(problem.classes)
    add(
        "logits",
        Layer.of("keras.layers.Dense", **{k: v for k, v in classifier.options.items() if k in _DENSE}),
        x,
    )
    return tuple(nodes)


_DENSE = ("units", "kernel_initializer", "kernel_regularizer")


def _kernel(recipe: Recipe) -> dict[str, Layer]:
    options = {"kernel_initializer": recipe.initializer}
    if recipe.l1 or recipe.l2:
        options["kernel_regularizer"] = Layer.of("keras.regularizers.L1L2", l1=recipe.l1, l2=recipe.l2)
    return options


@dataclass(frozen=True)
class Published:
    """A network of `keras.applications` without its head.

    Attributes:
        parameters: how many.
        channels: of its output, whose sides are a 32nd of the image's.
        flops: of an image of 32 x 32 pixels.
    """

    parameters: int
    channels: int
    flops: int


BACKBONES = {
    "ResNet50": Published(23_587_712, 2048, 157_384_704),
}
STRIDE = 32


def in_base(name: str, blocks: int | None = None) -> bool:
    """Whether a node of this name stands before the head; with `blocks`, in one of the first so many blocks."""
    part = name.partition("_")[0]
    number = part.removeprefix("block")
    return part == "backbone" or (part != number and (blocks is None or int(number) <= blocks))


def _backbone(backbone: Backbone, problem: Problem) -> Layer:
    height, width, channels = problem.image_shape
    if channels != 3 or height % STRIDE or width % STRIDE:
        raise ValueError(
            f"backbone: {backbone.name} needs colour images whose sides are multiples of {STRIDE} pixels, "
            f"found {height}x{width}x{channels}"
        )
    shape = problem.image_shape
    return Layer.of(f"keras.applications.{backbone.name}", include_top=False, weights=None, input_shape=shape)


def _scaling(recipe: Recipe, problem: Problem) -> Layer:
    if recipe.backbone is not None:
        return Layer.of("ablation.layers.image_net_scaling.ImageNetScaling")
    if recipe.scaling == "standardize":
        scale = [1 / deviation for deviation in problem.deviation]
        offset = [-mean / deviation for mean, deviation in zip(problem.mean, problem.deviation, strict=True)]
        width = problem.image_shape[1]  # written out for a whole row: CPUs broadcast three numbers slowly
        return Layer.of("keras.layers.Rescaling", scale=[scale] * width, offset=[offset] * width)
    return Layer.of("keras.layers.Rescaling", scale=1 / 255 if recipe.scaling == "unit" else 1.0)


def _named(layers: Iterable[Layer], prefix: str) -> Iterable[tuple[str, Layer]]:
    """Names that say what a layer is, not where it stands: a layer added before it leaves its stream alone."""
    seen: dict[str, int] = {}
    for layer in layers:
        seen[layer.kind] = seen.get(layer.kind, 0) + 1
        yield f"{prefix}_{layer.kind.lower()}{'' if seen[layer.kind] == 1 else seen[layer.kind]}", layer


def _figures(layer: Layer, shapes: list[tuple[int, ...]]) -> tuple[tuple[int, ...], int, int]:
    """Output shape, parameters and FLOPs of a layer; a layer unknown here keeps the shape and has no weights."""
    shape, options = shapes[0], layer.options
    if layer.kind in BACKBONES:
        known, sides = BACKBONES[layer.kind], [side // STRIDE for side in shape[:2]]
        return (*sides, known.channels), known.parameters, known.flops * math.prod(sides)
    bias = options.get("use_bias", True)
    if "Conv2D" in layer.kind:
        filters, area = options["filters"], options["kernel_size"] ** 2
        out = (*(math.ceil(side / options["strides"]) for side in shape[:2]), filters)
        weights = area * shape[2] * filters
        return out, weights + bias * filters, 2 * weights * out[0] * out[1]
    if "Dense" in layer.kind:
        weights = shape[-1] * options["units"]
        return (*shape[:-1], options["units"]), weights + bias * options["units"], 2 * weights
    if layer.kind.startswith("Global"):
        return shape[-1:], 0, 0
    if layer.kind == "FractionalMaxPooling2D":
        return (*(pooled_side(side, options["ratio"]) for side in shape[:2]), shape[2]), 0, 0
    if "Pooling2D" in layer.kind:
        size = options.get("pool_size", 2)
        return (*(int(side / size) for side in shape[:2]), shape[2]), 0, 0
    if layer.kind == "Flatten":
        return (math.prod(shape),), 0, 0
    if layer.kind == "BatchNormalization":
        return shape, 4 * shape[-1], 0
    if layer.kind in ("LayerNormalization", "GroupNormalization"):
        return shape, 2 * shape[-1], 0
    return shape, 0, 0


def pooled_side(side: int, ratio: float) -> int:
    """Pixels left of a side by fractional pooling: rounded down, but no region is wider than two pixels."""
    return max(int(side / ratio), math.ceil(side / 2))


def blank_problem(image_shape: tuple[int, ...], classes: int) -> Problem:
    """A problem for counting: statistics of the images are not needed for shapes, parameters and FLOPs."""
    height, width, channels = image_shape
    return Problem((height, width, channels), classes, (0.0,) * channels, (1.0,) * channels)
