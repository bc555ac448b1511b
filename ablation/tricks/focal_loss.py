from ablation.recipe import Loss, NonNegative, Positive, Recipe
from ablation.tricks import trick


@trick("loss")
def focal_loss(recipe: Recipe, *, gamma: NonNegative = 2.0, alpha: Positive = 1.0) -> Recipe:
    """Cross-entropy in which easy images count little.

    The term of a class with probability p is multiplied by alpha * (1 - p)^gamma: at p = 0.9 and gamma 2 by a
    hundredth of alpha. Labels may be smoothed or mixed. Judged is the cross-entropy as everywhere, so that the
    losses of the tables can be compared.

    Source: Lin et al. 2017 (gamma 2 for detection, one sigmoid a class; on the softmax as
    `keras.losses.CategoricalFocalCrossentropy`).
    Lecture: not in the lectures.
    When it hurts: wrong labels, which are the hardest images; a network that it leaves less certain has a higher
        cross-entropy even where its accuracy is the same.

    Parameters:
        gamma: from 0, which is cross-entropy.
        alpha: factor on the whole loss, above 0: its share beside the penalties. Lin et al. take 0.25 for the rare
            class; weights of classes are `class_weight`.
    """
    return recipe.replace(loss=Loss(name="focal", gamma=gamma, alpha=alpha))
