from ablation.recipe import Layer, Rate, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import check_head


@trick("dense")
def drop_connect(recipe: Recipe, *, rate: Rate = 0.5) -> Recipe:
    """DropConnect in the head's dense layers.

    Weights instead of activations are set to zero with probability `rate` in training, the others divided by
    `1 - rate`; at test time all are there.

    Source: Wan et al. 2013; here one mask serves all images of a step.
    Lecture: drop weights, not activations (E8), no figure.
    When it hurts: heads with few weights; costs a random number a weight and step.

    Parameters:
        rate: share of weights dropped, 0-1; the classifier's are spared.
    """
    check_head(recipe)
    path = "ablation.layers.drop_connect_dense.DropConnectDense"
    return recipe.replace(dense=Layer.of(path, rate=rate))
