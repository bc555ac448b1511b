from ablation.recipe import Layer, Recipe
from ablation.tricks import trick


@trick("alternating_flip", "augment", undoes=["flip"])
def alternating_flip(recipe: Recipe) -> Recipe:
    """Training images mirrored in every other epoch, in the place of random mirroring.

    A random half is mirrored in the first epoch. So two epochs show each image both ways round, where coins show half
    of the images twice the same.

    Source: Jordan 2024, section 3.6: 10.8 -> 9.9 epochs to .94; .9501 against .9495 at a fixed length.
    Lecture: not in the lectures.
    When it hurts: classes told apart by left and right, such as digits and letters.
    """
    kept = (
        one for one in recipe.augment if (one.kind, one.options.get("mode")) != ("RandomFlip", "horizontal")
    )
    unturned = tuple(
        Layer.of(one.path, **{**one.options, "flip": False}) if one.options.get("flip") else one
        for one in kept
    )
    return recipe.replace(alternating_flip=True, augment=unturned)
