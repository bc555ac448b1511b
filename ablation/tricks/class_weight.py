from ablation.recipe import ClassWeight, Recipe
from ablation.tricks import trick


@trick("class_weight")
def class_weight(recipe: Recipe, *, weights: ClassWeight = "balanced") -> Recipe:
    """Images of rare classes count more in the loss.

    An image's loss is multiplied by the weight of its class; a mixed image has the mean of its classes' weights by
    their shares. The mean over a batch is not divided by the weights, as in Keras. Training only: the losses and
    accuracies of the tables count every image alike.

    Source: King and Zeng 2001; `balanced` as scikit-learn's `compute_class_weight`.
    Lecture: not in the lectures.
    When it hurts: accuracy where the test images are as imbalanced as the training images; steps on a rare class
        become large, so a smaller rate or `oversample`, but not both at once, which corrects twice.

    Parameters:
        weights: `balanced` for images / (classes * images of the class), a list of numbers from 0, one a class, or
            such numbers by class, 1 for all others.
    """
    return recipe.replace(class_weight=weights)
