from ablation.recipe import Layer, Recipe
from ablation.tricks import trick


@trick("initializer")
def lecture_xavier(recipe: Recipe, *, corrected: bool = True) -> Recipe:
    """Lecture D's own Xavier initialiser: N(0, sqrt(2 / (n_in + n_out))).

    The slides read n_in + n_out off as shape[0] + shape[1]. For a dense kernel that is right; for a
    convolution it is the kernel's height plus width, so a 3x3 kernel gets a deviation of 0.58 whatever its
    channels.

    Source: Glorot and Bengio 2010, with a normal distribution.
    Lecture: shown as code (D6), no figure.
    When it hurts: uncorrected, in every convolution: activations grow by the root of the number of channels a
    layer.

    Parameters:
        corrected: true fans; otherwise the slides' mistake.
    """
    return recipe.replace(initializer=Layer.of("ablation.initializers.LectureXavier", corrected=corrected))
