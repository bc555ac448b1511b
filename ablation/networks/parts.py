"""What families of networks have in common: front, head, and the layers that a recipe's slots stand for."""

from collections.abc import Mapping
from types import MappingProxyType

from ablation.networks.backbones import published
from ablation.networks.graph import SCALING, Builder
from ablation.recipe import Layer, Recipe

PATCHES = "patches"
GIVEN = {
    "filters": "the family",
    "kernel_size": "network.kernel_size",
    "kernel_initializer": "network.initializer",
    "kernel_regularizer": "network.l2",
}
KERNELS = {
    "SeparableConv2D": ("depthwise", "pointwise"),
    "SeparableConvolution2D": ("depthwise", "pointwise"),
}


def front(net: Builder, recipe: Recipe) -> str:
    """Augmentation on pixels, scaling, augmentation; the name of the last layer."""
    net.enter("front")
    x = net.chain(None, recipe.pixel_augment, "pixel")
    x = net.add(SCALING, _scaling(net, recipe, x), x)
    return net.chain(x, recipe.augment, "augment") or x


def patches(net: Builder, recipe: Recipe, x: str, size: int = 0) -> str:
    """The first convolution on small patches, whitening or trained, and its activation.

    It has two filters for every number of a patch, and a bias.

    Args:
        net, recipe, x: the network so far and its last layer.
        size: of the patches where the recipe does not whiten; 0 for no such convolution then, and for padded edges,
            so that what follows sees as many pixels with it as without.
    """
    whitening = recipe.whitening
    if whitening is None and not size:
        return x
    side = size if whitening is None else whitening.kernel_size
    options = {
        "filters": 2 * side**2 * net.shape(x)[2],
        "kernel_size": side,
        "padding": "valid" if size else "same",
    }
    if whitening is None:
        layer = Layer.of("keras.layers.Conv2D", **options, **kernel(recipe))
    else:
        path = "ablation.layers.whitening_conv2d.WhiteningConv2D"
        layer = Layer.of(path, **options, kernel_initializer=recipe.initializer)
    x = net.add(PATCHES, layer, x)
    return net.add(f"{PATCHES}_activation", activation(recipe), x)


def convolutions(net: Builder, recipe: Recipe, x: str, block: int, width: int, count: int) -> str:
    """A block's convolutions, with its pooling behind the first or the last one."""
    first = recipe.pool_position == "first"
    for index in range(1, count + 1):
        layer, name = conv(recipe, width, recipe.kernel_size), f"block{block}_conv{index}"
        pool = {f"block{block}_pool": recipe.pool} if first and index == 1 else {}
        x = activated(net, recipe, x, layer, name, recipe.norm, pool)
    return x if first else net.add(f"block{block}_pool", recipe.pool, x)


def head(net: Builder, recipe: Recipe, x: str, bias: bool = True) -> None:
    """From the last feature map to the logits."""
    net.enter("head")
    x = net.add("flatten", recipe.flatten, x)
    if recipe.bottleneck is not None:
        layer = Layer.of("keras.layers.Dense", units=recipe.bottleneck, **kernel(recipe))
        x = net.add("bottleneck", layer, x)
    for index, units in enumerate(recipe.head, start=1):
        x = activated(
            net, recipe, x, dense(recipe, units), f"head{index}", recipe.norm if recipe.head_norm else None
        )
        x = net.chain(x, recipe.head_end, f"head{index}") or x
    options = {} if bias else {"use_bias": False}
    layer = Layer.of("keras.layers.Dense", units=net.problem.classes, **options, **kernel(recipe))
    x = net.add("logits", layer, x, float32=True)
    if recipe.logit_scale != 1:
        net.add(
            "scaled_logits", Layer.of("keras.layers.Rescaling", scale=recipe.logit_scale), x, float32=True
        )


def activated(
    net: Builder,
    recipe: Recipe,
    x: str,
    layer: Layer,
    name: str,
    norm: Layer | None,
    between: Mapping[str, Layer] = MappingProxyType({}),
) -> str:
    """Layer, normalisation and activation in the recipe's order; other layers, by name, right behind the first."""
    first = norm if recipe.norm_position == "before_activation" else None
    x = net.add(name, biased(layer, first is None), x)
    for one, what in between.items():
        x = net.add(one, what, x)
    if first is not None:
        x = net.add(f"{name}_norm", first, x)
    x = net.add(f"{name}_activation", activation(recipe), x)
    return x if norm is None or first is not None else net.add(f"{name}_norm", norm, x)


def activation(recipe: Recipe) -> Layer:
    return Layer.of("keras.layers.Activation", activation=recipe.activation)


def biased(layer: Layer, bias: bool) -> Layer:
    """The layer with a bias or without one, unless its options say which."""
    return Layer.of(layer.path, **{**layer.options, "use_bias": layer.options.get("use_bias", bias)})


def conv(recipe: Recipe, filters: int, size: int, strides: int = 1) -> Layer:
    """One of the recipe's convolutions; the options of `recipe.conv` have the last word on padding and the like.

    Raises:
        ValueError: `recipe.conv` sets what other fields say.
    """
    given = recipe.conv.options
    if twice := next((key for key in given if key in GIVEN), None):
        raise ValueError(f"conv.options.{twice}: expected no such option, {GIVEN[twice]} gives it")
    options = {"filters": filters, "kernel_size": size, "strides": strides, "padding": "same"}
    kernels = KERNELS.get(recipe.conv.kind, ("kernel",))
    return Layer.of(recipe.conv.path, **{**options, **given, **kernel(recipe, *kernels)})


def dense(recipe: Recipe, units: int) -> Layer:
    """One of the recipe's dense layers."""
    return Layer.of(recipe.dense.path, **{**recipe.dense.options, "units": units, **kernel(recipe)})


def kernel(recipe: Recipe, *kernels: str) -> dict[str, Layer]:
    """Initial weights and penalties of a layer's kernels."""
    options = {}
    for name in kernels or ("kernel",):
        options[f"{name}_initializer"] = recipe.initializer
        if recipe.l1 or recipe.l2:
            options[f"{name}_regularizer"] = Layer.of("keras.regularizers.L1L2", l1=recipe.l1, l2=recipe.l2)
    return options


def _scaling(net: Builder, recipe: Recipe, x: str | None) -> Layer:
    if recipe.backbone is not None:
        mode = published(recipe.backbone.name).preprocessing
        options = {} if mode == "caffe" else {"mode": mode}
        return Layer.of("ablation.layers.image_net_scaling.ImageNetScaling", **options)
    if recipe.scaling == "standardize":
        mean, deviation = net.problem.mean, net.problem.deviation
        scale = [1 / one for one in deviation]
        offset = [-centre / one for centre, one in zip(mean, deviation, strict=True)]
        width = net.shape(x)[1]  # written out for a whole row: CPUs broadcast three numbers slowly
        return Layer.of("keras.layers.Rescaling", scale=[scale] * width, offset=[offset] * width)
    return Layer.of("keras.layers.Rescaling", scale=1 / 255 if recipe.scaling == "unit" else 1.0)
