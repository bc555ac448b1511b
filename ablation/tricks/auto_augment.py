from ablation.recipe import Layer, Recipe
from ablation.tricks import trick
from ablation.tricks._layers import with_layer


@trick("pixel_augment")
def auto_augment(recipe: Recipe) -> Recipe:
    """The augmentation policy that a search found on CIFAR-10.

    Each training image gets one of 25 pairs of operations, each with its own probability and strength.

    Source: Cubuk et al. 2019, table 7. The paper adds flip, pad-and-crop and a cutout of 16 pixels, which are
    tricks of
        their own.
    Lecture: AutoAugment (E3), no figure.
    When it hurts: short trainings and small networks; the policy knows CIFAR-10, so on it the comparison is
    not quite
        fair, and elsewhere it may not fit; costs time.
    """
    layer = Layer.of("ablation.layers.auto_augment.AutoAugment")
    return with_layer(recipe, "pixel_augment", layer)
