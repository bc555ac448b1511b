from typing import Annotated

from pydantic import Field

from ablation.recipe import Recipe
from ablation.tricks import trick
from ablation.tricks._affine import with_affine


@trick("augment")
def rotate(recipe: Recipe, *, degrees: Annotated[float, Field(gt=0, le=180)] = 10.0) -> Recipe:
    """Training images turned at random; the uncovered edge repeats the nearest pixel.

    Source: Simard et al. 2003.
    Lecture: 10 degrees (D5), E3; part of the second capacity step of C.
    When it hurts: classes told apart by direction (6 and 9); interpolation blurs small images.

    Parameters:
        degrees: largest angle either way.
    """
    return with_affine(recipe, rotate=degrees)
