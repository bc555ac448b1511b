"""Blocks of convolutions, each of which ends in a pooling: the lectures' networks."""

from ablation.networks.backbones import APPLICATIONS, published
from ablation.networks.family import Family
from ablation.networks.graph import Builder, Graph, Nothing, Problem
from ablation.networks.parts import activated, conv, convolutions, front, head, patches
from ablation.recipe import Backbone, Layer, Network, Recipe


def build(recipe: Recipe, problem: Problem) -> Graph:
    """The network of a recipe.

    Raises:
        ValueError: the recipe does not fit the image (more poolings than its side can be halved).
    """
    net = Builder(problem)
    try:
        x = front(net, recipe)
        net.enter("body")
        if recipe.backbone is not None:
            x = net.add("backbone", _backbone(recipe.backbone, net.shape(x)), x)
        else:
            x = _blocks(net, recipe, patches(net, recipe, x))
        head(net, recipe, x)
    except Nothing as error:
        if recipe.pool != Network.model_fields["pool"].default or recipe.conv.options:
            raise
        height, width, _ = problem.image_shape
        raise ValueError(
            f"widths: {len(recipe.widths)} blocks need images of at least {2 ** len(recipe.widths)} pixels a "
            f"side, found {height}x{width}"
        ) from error
    return net.graph()


def _blocks(net: Builder, recipe: Recipe, x: str) -> str:
    for block, (width, convs) in enumerate(zip(recipe.widths, recipe.block_convs(), strict=True), start=1):
        net.enter("body", block)
        start = x
        x = convolutions(net, recipe, x, block, width, convs)
        if recipe.shortcut == "conv":
            layer = conv(recipe, width, 3, strides=2)
            side = activated(net, recipe, start, layer, f"block{block}_shortcut", None)
            if net.shape(x) != net.shape(side):
                raise ValueError(
                    f"shortcut: its stride of 2 gives {net.shape(side)}, {recipe.pool} gives {net.shape(x)}"
                )
            x = net.add(f"block{block}_merge", recipe.merge, x, side)
        x = net.chain(x, recipe.block_end, f"block{block}") or x
    return x


def _backbone(backbone: Backbone, shape: tuple[int, ...]) -> Layer:
    least = published(backbone.name).least
    if min(shape[:2]) < least:
        raise ValueError(
            f"backbone: {backbone.name} needs images of at least {least}x{least} pixels, found "
            f"{shape[0]}x{shape[1]}; data.size: {least} resizes them"
        )
    return Layer.of(f"{APPLICATIONS}{backbone.name}", include_top=False, weights=None, input_shape=shape)


FAMILY = Family(
    build,
    channels=lambda recipe: recipe.widths,
    with_channels=lambda recipe, widths: recipe.replace(widths=widths),
)
