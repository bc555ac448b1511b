from ablation.recipe import Clip, Positive, Recipe
from ablation.tricks import trick


@trick("clip")
def clip_norm(recipe: Recipe, *, norm: Positive = 1.0) -> Recipe:
    """The gradient of all weights together scaled down to a length.

    Where it is longer than `norm` it is shortened and keeps its direction, so one bad batch cannot throw the
    weights far away. Takes the place of `clip_value`.

    Source: Pascanu et al. 2013, algorithm 1.
    Lecture: by norm 1.0 (D7), no figure.
    When it hurts: mostly idle in normalised networks; too low, it only lowers the learning rate. Under Adam,
    which
        divides a gradient's size away, only changes of length between steps matter.

    Parameters:
        norm: largest length.
    """
    return recipe.replace(clip=Clip(by="norm", limit=norm))
