"""The network that reaches .94 on CIFAR-10 soonest (Jordan 2024, arXiv 2404.00498).

A convolution on small patches, then blocks that pool before they normalise, and a linear layer without a bias whose
logits are scaled down. Without tricks its first convolution is trained and all kernels are random: `whitening` and
`dirac_init` make it the published network.
"""

from ablation.networks.family import Family
from ablation.networks.graph import Builder, Graph, Problem
from ablation.networks.parts import activated, activation, biased, conv, convolutions, front, head, patches
from ablation.recipe import Frozen, Layer, Network, PositiveInt, Recipe

ABSENT = ("backbone", "shortcut", "merge", "family", "options")


class Options(Frozen):
    """What only this family has.

    Attributes:
        patch: side of the first convolution's patches, pixels, where `whitening` does not give it.
        residual: whether what a block's first activation gives is added before its last one.
    """

    patch: PositiveInt = 2
    residual: bool = False


def build(recipe: Recipe, problem: Problem) -> Graph:
    """The network of a recipe.

    Raises:
        ValueError: the recipe does not fit the image.
    """
    options = Options.model_validate(recipe.options)
    net = Builder(problem)
    x = front(net, recipe)
    net.enter("body")
    x = patches(net, recipe, x, options.patch)
    for block, (width, convs) in enumerate(zip(recipe.widths, recipe.block_convs(), strict=True), start=1):
        net.enter("body", block)
        block_of = _residual if options.residual else convolutions
        x = block_of(net, recipe, x, block, width, convs)
        x = net.chain(x, recipe.block_end, f"block{block}") or x
    head(net, recipe, x, bias=False)
    return net.graph()


def _residual(net: Builder, recipe: Recipe, x: str, block: int, width: int, count: int) -> str:
    """A block whose last normalisation's output and first activation are added.

    Raises:
        ValueError: it has one convolution, or another order of layers.
    """
    if count < 2 or recipe.pool_position != "first" or recipe.norm_position != "before_activation":
        raise ValueError(
            "options.residual: expected convs_per_block from 2, pool_position first and norm_position "
            f"before_activation, found {count}, {recipe.pool_position} and {recipe.norm_position}"
        )
    start = x = convolutions(net, recipe, x, block, width, 1)
    for index in range(2, count + 1):
        name, layer = f"block{block}_conv{index}", conv(recipe, width, recipe.kernel_size)
        if index < count:
            x = activated(net, recipe, x, layer, name, recipe.norm)
            continue
        x = net.add(name, biased(layer, recipe.norm is None), x)
        x = x if recipe.norm is None else net.add(f"{name}_norm", recipe.norm, x)
        x = net.add(f"block{block}_merge", Layer.of("keras.layers.Add"), x, start)
        x = net.add(f"{name}_activation", activation(recipe), x)
    return x


FAMILY = Family(
    build,
    channels=lambda recipe: recipe.widths,
    with_channels=lambda recipe, widths: recipe.replace(widths=widths),
    reads=tuple(name for name in Network.model_fields if name not in ABSENT),
    options=Options,
    defaults={
        "widths": (64, 256, 256),
        "initializer": Layer.of(
            "keras.initializers.VarianceScaling", scale=1 / 3, mode="fan_in", distribution="uniform"
        ),
        "norm": Layer.of(
            "ablation.layers.batch_normalization.BatchNormalization",
            momentum=0.6,
            epsilon=1e-5,
            scale=False,
        ),
        "activation": "gelu",
        "pool_position": "first",
        "flatten": Layer.of("keras.layers.GlobalMaxPooling2D"),
        "head": (),
        "logit_scale": 1 / 9,
    },
    computed_by={
        "keras.layers.Activation": "ablation.layers.activation.Activation",
        "keras.layers.Conv2D": "ablation.layers.conv2d.Conv2D",
    },
)
