from ablation.recipe import Layer, Positive, Recipe
from ablation.tricks import trick


@trick("mix")
def mixup(recipe: Recipe, *, alpha: Positive = 0.2) -> Recipe:
    """Blends of two images with blended labels.

    Each training image is mixed with another one, lambda of the first and 1 - lambda of the second, lambda
    drawn from Beta(alpha, alpha); so are their labels. The network learns to be linear between images.

    Source: Zhang et al. 2018 (alpha 0.1 to 0.4 on ImageNet, 1 on CIFAR-10).
    Lecture: the formula (D9), E11; a rule of thumb for small datasets (E14).
    When it hurts: short trainings and small networks, which it makes underfit; takes the place of `cutmix`.
    The
        running training accuracy counts the first image's label only.

    Parameters:
        alpha: above 0; near 0 hardly any blending, 1 for any share alike.
    """
    return recipe.replace(mix=Layer.of("ablation.layers.mixup.Mixup", alpha=alpha))
