from ablation.recipe import Layer, Rate, Recipe
from ablation.tricks import trick


@trick("merge", "shortcut")
def stochastic_depth(recipe: Recipe, *, rate: Rate = 0.2) -> Recipe:
    """Blocks left out at random, only their shortcut remaining.

    Each image of a training step skips each block with probability `rate`; at test time every block is there.
    A network without shortcuts gets those of `residual`.

    Source: Huang et al. 2016, with one rate for all blocks where the paper lets it rise with depth.
    Lecture: not in the lectures.
    When it hurts: networks of a few blocks, each of which is needed.

    Parameters:
        rate: probability that a block is left out, 0-1.
    """
    merge = Layer.of("ablation.layers.stochastic_depth_add.StochasticDepthAdd", rate=rate)
    return recipe.replace(merge=merge, shortcut="conv")
