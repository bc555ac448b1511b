from ablation.recipe import Layer, Recipe
from ablation.tricks import trick


@trick("flatten")
def global_pooling(recipe: Recipe) -> Recipe:
    """The average over height and width in place of flattening.

    The head then sees one number a channel, whatever the image's size, and has that many fewer weights.

    Source: Lin et al. 2014, section 3.2.
    Lecture: not in the lectures.
    When it hurts: networks so shallow that their last features still depend on where they stand.
    """
    return recipe.replace(flatten=Layer.of("keras.layers.GlobalAveragePooling2D"))
