from ablation.recipe import Recipe
from ablation.tricks import trick


@trick("oversample")
def oversample(recipe: Recipe) -> Recipe:
    """Every epoch shows the classes in equal shares.

    Images of rare classes stand in it several times, those of common classes in part, other ones in each epoch. An
    epoch has as many images as before, so time and steps stay the same.

    Source: Buda et al. 2018, who find it the best remedy for imbalance in convolutional networks.
    Lecture: not in the lectures.
    When it hurts: a class of very few images is learned by heart, without augmentation all the more; accuracy where
        the test images are as imbalanced as the training images. With `class_weight` it corrects twice.
    """
    return recipe.replace(oversample=True)
