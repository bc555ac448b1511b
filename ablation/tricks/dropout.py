from ablation.recipe import Layer, Rate, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("block_end")
def dropout(recipe: Recipe, *, rate: Rate = 0.3) -> Recipe:
    """Dropout after every block.

    Each activation is set to zero with probability `rate` in training and the rest is divided by `1 - rate`, so that
    no unit can rely on another one; at test time nothing is dropped.

    Source: Srivastava et al. 2014, in its inverted form.
    Lecture: 0.84 -> 0.866 (C), 0.82 -> 0.879 (B).
    When it hurts: small networks and short trainings, which it starves; directly before batch normalisation, whose
        training and test variances then differ (Li et al. 2019).

    Parameters:
        rate: share of activations dropped, 0-1.
    """
    return with_layer(recipe, "block_end", Layer.of("keras.layers.Dropout", rate=rate))
