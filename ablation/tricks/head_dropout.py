from ablation.recipe import Layer, Rate, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import check_head, with_layer


@trick("head_end")
def head_dropout(recipe: Recipe, *, rate: Rate = 0.5) -> Recipe:
    """Dropout after every dense layer of the head.

    Where most of the weights are and where dropout was first used.

    Source: Srivastava et al. 2014, in its inverted form.
    Lecture: 0.5 before the classifier (D1: with 0.25 after each block, the gap falls from 30 to 13 points); a
    rule of
        thumb for large dense layers (E14).
    When it hurts: small heads and short trainings.

    Parameters:
        rate: share of activations dropped, 0-1.
    """
    check_head(recipe)
    return with_layer(recipe, "head_end", Layer.of("keras.layers.Dropout", rate=rate))
