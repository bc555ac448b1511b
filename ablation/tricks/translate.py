from typing import Annotated

from pydantic import Field

from ablation.recipe import Recipe
from ablation.tricks import trick
from ablation.tricks._affine import with_affine


@trick("augment")
def translate(recipe: Recipe, *, share: Annotated[float, Field(gt=0, lt=1)] = 0.1) -> Recipe:
    """Training images shifted at random; the uncovered edge repeats the nearest pixel.

    Source: LeCun et al. 1998, "Gradient-based learning", section III-C.
    Lecture: 0.1 of the side (D5: all five together, val 0.516 after four epochs), E3.
    When it hurts: objects at the edge, which leave the picture.

    Parameters:
        share: largest shift on each axis, as a share of the side.
    """
    return with_affine(recipe, translate=share)
