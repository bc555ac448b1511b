from ablation.recipe import Clip, Positive, Recipe
from ablation.tricks import trick


@trick("clip")
def clip_value(recipe: Recipe, *, value: Positive = 1.0) -> Recipe:
    """Gradients clipped component by component.

    Every component beyond `value` becomes `value`, which also turns the gradient's direction. Takes the place
    of `clip_norm`.

    Source: Mikolov 2012.
    Lecture: by value 1.0 (D7), no figure.
    When it hurts: mostly idle in normalised networks; too low, it turns gradient descent into sign descent.

    Parameters:
        value: largest absolute value of a component.
    """
    return recipe.replace(clip=Clip(by="value", limit=value))
