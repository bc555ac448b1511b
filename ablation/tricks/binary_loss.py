from ablation.recipe import Loss, Recipe
from ablation.tricks import trick


@trick("loss")
def binary_loss(recipe: Recipe) -> Recipe:
    """One sigmoid a class instead of a softmax over all.

    The loss is the binary cross-entropy of "is it this class?", averaged over the classes: classes no longer
    compete, which suits mixed images that show two of them. Labels may be smoothed or mixed. Judged is the
    cross-entropy of the softmax of the same logits as everywhere, so that the losses of the tables can be compared.

    Source: Wightman et al. 2021, section 3.2 (with mixup and cutmix, where both labels count in full; here they keep
    their shares); Beyer et al. 2020.
    Lecture: not in the lectures.
    When it hurts: many classes: the mean over them makes the gradient small beside the penalties and slow under plain
        SGD. Its softmax is not calibrated; early stopping had better watch `val_accuracy`.
    """
    return recipe.replace(loss=Loss(name="binary_crossentropy"))
