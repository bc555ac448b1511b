from ablation.recipe import Layer, Rate, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("block_end")
def spatial_dropout(recipe: Recipe, *, rate: Rate = 0.2) -> Recipe:
    """Dropout of whole channels after every block.

    Neighbouring activations of a feature map are alike, so dropping single ones takes little information
    away; here a channel of an image goes as a whole.

    Source: Tompson et al. 2015.
    Lecture: not in the lectures.
    When it hurts: narrow blocks, of which it takes too much at once.

    Parameters:
        rate: share of channels dropped, 0-1.
    """
    return with_layer(recipe, "block_end", Layer.of("keras.layers.SpatialDropout2D", rate=rate))
