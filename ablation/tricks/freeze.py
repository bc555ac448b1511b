from typing import Annotated

from pydantic import Field

from ablation.recipe import Freeze, PositiveInt, Recipe
from ablation.tricks import trick


@trick("frozen")
def freeze(
    recipe: Recipe,
    *,
    blocks: PositiveInt | None = None,
    but_last: Annotated[int, Field(ge=0)] = 0,
    statistics: bool = True,
) -> Recipe:
    """Blocks that are not trained.

    Their weights stay as they are, and their batch normalisations use the running statistics and leave them alone.

    Source: Yosinski et al. 2014; for the statistics the Keras guide "Transfer learning and fine-tuning".
    Lecture: the base is frozen while a new head warms up (D10); val 0.12 in its log is what drifting statistics do.
    When it hurts: random blocks learn nothing; with enough images trained blocks beat frozen ones.

    Parameters:
        blocks: how many of the first; all blocks, or the backbone, where not given.
        but_last: so many of a backbone's last layers are trained all the same.
        statistics: false lets batch statistics drift under frozen weights, a common mistake.
    """
    return recipe.replace(frozen=Freeze(blocks=blocks, statistics=statistics, but_last=but_last))
