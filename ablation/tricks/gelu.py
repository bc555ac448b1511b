from ablation.recipe import Recipe
from ablation.tricks import trick


@trick("activation")
def gelu(recipe: Recipe) -> Recipe:
    """GELU after every layer: x times the normal distribution's share below x.

    Smooth where ReLU has a corner, and a little of the negative side comes through, so no unit is dead.

    Source: Hendrycks and Gimpel 2016; in place of CELU in Jordan 2024.
    Lecture: not in the lectures; `activation` has others beside it.
    When it hurts: time, where the error function or tanh in it is computed elementwise.
    """
    return recipe.replace(activation="gelu")
