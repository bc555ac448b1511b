from ablation.recipe import Layer, Positive, Rate, Recipe
from ablation.tricks import trick

PATH = "ablation.layers.batch_normalization.BatchNormalization"


@trick("norm")
def fixed_scale(recipe: Recipe, *, momentum: Rate | None = None, epsilon: Positive | None = None) -> Recipe:
    """Batch normalisation whose scale stays at 1; its shift is trained.

    Behind ReLU and alike a channel's scale and the next kernel's do the same thing; left alone the scales also shrink
    under weight decay. Where the recipe has no batch normalisation it gets one.

    Source: Page 2019 ("How to train your ResNet", part 8: 46 -> 43 s to .941).
    Lecture: not in the lectures.
    When it hurts: residual networks, whose branches begin at a scale of 0 or learn to be small.

    Parameters:
        momentum: weight of the past in the running averages, 0-1; as the recipe has it, else 0.9.
        epsilon: added to the variance; as the recipe has it, else 1e-5.
    """
    had = recipe.norm.options if recipe.norm is not None and recipe.norm.path == PATH else {}
    given = {"momentum": momentum, "epsilon": epsilon}
    options = (
        {"momentum": 0.9, "epsilon": 1e-5} | had | {key: one for key, one in given.items() if one is not None}
    )
    return recipe.replace(norm=Layer.of(PATH, **options | {"scale": False}))
