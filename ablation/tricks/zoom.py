from typing import Annotated

from pydantic import Field

from ablation.recipe import Recipe
from ablation.tricks import trick
from ablation.tricks._affine import with_affine


@trick("augment")
def zoom(
    recipe: Recipe, *, share: Annotated[float, Field(gt=0, lt=1)] = 0.1, keep_ratio: bool = False
) -> Recipe:
    """Training images made larger, smaller and stretched at random.

    What is uncovered repeats the nearest pixel of the edge.

    Source: Simonyan and Zisserman 2015 (scale jittering).
    Lecture: 0.1 (D5), stretching (E3).
    When it hurts: classes told apart by size or proportions.

    Parameters:
        share: largest change of size, 0-1.
        keep_ratio: no stretching: one factor for both axes.
    """
    return with_affine(recipe, zoom=share, keep_ratio=keep_ratio)
