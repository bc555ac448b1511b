from typing import Annotated

from pydantic import Field

from ablation.recipe import Recipe
from ablation.tricks import trick
from ablation.tricks._affine import with_affine


@trick("augment")
def shear(recipe: Recipe, *, share: Annotated[float, Field(gt=0, le=1)] = 0.1) -> Recipe:
    """Training images slanted at random; the uncovered edge repeats the nearest pixel.

    Source: Simard et al. 2003.
    Lecture: 0.1 (D5; Keras' generator takes that as degrees, which changes next to nothing), E3.
    When it hurts: interpolation blurs small images.

    Parameters:
        share: largest sideways shift of a row, as a share of its distance from the centre.
    """
    return with_affine(recipe, shear=share)
