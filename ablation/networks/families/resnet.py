"""Residual networks for small images: He et al. 2016, section 4.2, and their wide form.

Three stages of `n` blocks; a block is two 3x3 convolutions beside a shortcut, and the first one of the second and third
stage halves the sides and doubles the channels. Depth is 6n + 2 (counted with the two projections, 6n + 4): n = 3 is
ResNet-20, n = 9 ResNet-56; n = 2, widen 4, pre-activation and projections are WRN-16-4 (Zagoruyko and Komodakis 2016).

- `block_end` stands inside each block, between its two convolutions, as the dropout of the wide form does.
- `merge` adds each block to its shortcut: `stochastic_depth` leaves whole blocks out.
- Without `norm` the convolutions have biases.
"""

from typing import Annotated, Literal

from pydantic import Field

from ablation.networks.family import Family
from ablation.networks.graph import Builder, Graph, Problem
from ablation.networks.parts import activation, biased, conv, front, head, patches
from ablation.recipe import Frozen, Layer, PositiveInt, Recipe

STAGES = (1, 2, 3)
NORM = Layer.of("ablation.layers.batch_normalization.BatchNormalization", momentum=0.9, epsilon=1e-5)


class Options(Frozen):
    """What a study may choose.

    Attributes:
        n: blocks in each of the three stages.
        width: channels of the first convolution, and of the first stage where `widen` is 1.
        widen: factor on the channels of all blocks.
        preactivation: normalisation and activation before each convolution (He et al. 2016, "Identity mappings")
            instead of behind it.
        shortcut: of blocks that change the number of channels: `identity` with every second pixel and channels of
            zeros (option A), or `projection` by a 1x1 convolution (option B).
    """

    n: Annotated[int, Field(ge=1, le=200)] = 3
    width: PositiveInt = 16
    widen: PositiveInt = 1
    preactivation: bool = False
    shortcut: Literal["identity", "projection"] = "identity"


def build(recipe: Recipe, problem: Problem) -> Graph:
    """The network of a recipe.

    Raises:
        ValueError: the recipe does not fit the image.
    """
    options = Options.model_validate(recipe.options)
    net = Builder(problem)
    x = front(net, recipe)
    net.enter("body")
    x = net.add("stem_conv", _conv(recipe, options.width), patches(net, recipe, x))
    if not options.preactivation:
        x = _active(net, recipe, x, "stem")
    number = 0
    for stage in STAGES:
        for place in range(1, options.n + 1):
            number += 1
            net.enter("body", number)
            filters = options.width * options.widen * 2 ** (stage - 1)
            strides = 2 if stage > 1 and place == 1 else 1
            block = _preactivated if options.preactivation else _block
            x = block(net, recipe, options, x, f"stage{stage}_block{place}", filters, strides)
    if options.preactivation:
        x = _active(net, recipe, x, "last")
    head(net, recipe, x)
    return net.graph()


def _block(
    net: Builder, recipe: Recipe, options: Options, x: str, name: str, filters: int, strides: int
) -> str:
    """Convolution, norm, activation, convolution, norm; the sum; activation."""
    side = _shortcut(net, recipe, options, x, name, filters, strides)
    if options.shortcut == "projection" and side != x and recipe.norm is not None:
        side = net.add(f"{name}_shortcut_norm", recipe.norm, side)
    x = net.add(f"{name}_conv1", _conv(recipe, filters, strides), x)
    x = _active(net, recipe, x, f"{name}_conv1")
    x = net.chain(x, recipe.block_end, name) or x
    x = net.add(f"{name}_conv2", _conv(recipe, filters), x)
    if recipe.norm is not None:
        x = net.add(f"{name}_conv2_norm", recipe.norm, x)
    x = net.add(f"{name}_merge", recipe.merge, x, side)
    return net.add(f"{name}_activation", activation(recipe), x)


def _preactivated(
    net: Builder, recipe: Recipe, options: Options, x: str, name: str, filters: int, strides: int
) -> str:
    """Norm, activation, convolution, twice; the sum. A shortcut that changes the size starts behind the first two."""
    start = x
    x = _active(net, recipe, x, f"{name}_conv1")
    changes = strides > 1 or net.shape(start)[-1] != filters
    side = _shortcut(net, recipe, options, x if changes else start, name, filters, strides)
    x = net.add(f"{name}_conv1", _conv(recipe, filters, strides), x)
    x = _active(net, recipe, x, f"{name}_conv2")
    x = net.chain(x, recipe.block_end, name) or x
    x = net.add(f"{name}_conv2", _conv(recipe, filters), x)
    return net.add(f"{name}_merge", recipe.merge, x, side)


def _shortcut(
    net: Builder, recipe: Recipe, options: Options, x: str, name: str, filters: int, strides: int
) -> str:
    channels = net.shape(x)[-1]
    if strides == 1 and channels == filters:
        return x
    if options.shortcut == "projection":
        return net.add(f"{name}_shortcut", _conv(recipe, filters, strides, size=1), x)
    path = "ablation.layers.padded_identity.PaddedIdentity"
    return net.add(f"{name}_shortcut", Layer.of(path, filters=filters, strides=strides), x)


def _conv(recipe: Recipe, filters: int, strides: int = 1, size: int = 3) -> Layer:
    return biased(conv(recipe, filters, size, strides), recipe.norm is None)


def _active(net: Builder, recipe: Recipe, x: str, name: str) -> str:
    if recipe.norm is not None:
        x = net.add(f"{name}_norm", recipe.norm, x)
    return net.add(f"{name}_activation", activation(recipe), x)


FAMILY = Family(
    build,
    channels=lambda recipe: (Options.model_validate(recipe.options).width,),
    with_channels=lambda recipe, widths: recipe.replace(options={**recipe.options, "width": widths[0]}),
    reads=(
        "scaling", "pixel_augment", "augment", "conv", "dense", "initializer", "l1", "l2", "norm", "activation",
        "merge", "block_end", "flatten", "bottleneck", "head", "head_norm", "head_end",
        "whitening", "logit_scale",
    ),
    always=("shortcut",),
    options=Options,
    defaults={
        "norm": NORM,
        "flatten": Layer.of("keras.layers.GlobalAveragePooling2D"),
        "head": (),
    },
)  # fmt: skip
