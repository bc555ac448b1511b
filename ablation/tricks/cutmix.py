from ablation.recipe import Layer, Positive, Recipe
from ablation.tricks import trick


@trick("mix")
def cutmix(recipe: Recipe, *, alpha: Positive = 1.0) -> Recipe:
    """A rectangle of another image pasted into each, labels mixed by area.

    Unlike a blend every pixel stays a natural one, and unlike cutout no pixel is wasted.

    Source: Yun et al. 2019.
    Lecture: not in the lectures; the successor of cutout and mixup (E10, E11).
    When it hurts: short trainings and small networks; objects so small that a rectangle may hold none of
    them, whose
        label then lies. Takes the place of `mixup`.

    Parameters:
        alpha: of the Beta distribution of the kept area; 1 for any area alike.
    """
    return recipe.replace(mix=Layer.of("ablation.layers.cutmix.Cutmix", alpha=alpha))
