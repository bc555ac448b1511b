from ablation.recipe import Positive, Recipe
from ablation.tricks import trick


@trick("widths")
def capacity(recipe: Recipe, *, factor: Positive = 2.0) -> Recipe:
    """More filters in every block.

    A wider network can fit more; it pays once regularisation and augmentation have made overfitting the lesser
    problem. Doubling the filters roughly quadruples weights and work.

    Source: Zagoruyko and Komodakis 2016 (width against depth).
    Lecture: 0.906 -> 0.93 (C, with more augmentation), 0.916 -> 0.936 (B).
    When it hurts: few images and little regularisation; a fixed time budget.

    Parameters:
        factor: by which the number of filters is multiplied.
    """
    return recipe.replace(widths=tuple(max(1, round(width * factor)) for width in recipe.widths))
