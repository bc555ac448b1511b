from typing import Annotated

from pydantic import Field

from ablation.recipe import Recipe
from ablation.tricks import trick


@trick("predict", undoes=["multi_view"])
def tta(
    recipe: Recipe,
    *,
    flips: bool = True,
    crops: Annotated[int, Field(ge=0)] = 2,
    scales: tuple[Annotated[float, Field(gt=1)], ...] = (),
) -> Recipe:
    """Test-time averaging over fixed views of each image.

    The class probabilities of the image, its mirror image, shifted and magnified copies are averaged;
    training stays as it is. All splits are judged so; the curves over the epochs are of single views.

    Source: Krizhevsky et al. 2012, section 4.1 (five crops and their mirror images).
    Lecture: a fixed set of crops, scales and flips (E4), no figure.
    When it hurts: time at prediction, times the number of views; views that training never showed.

    Parameters:
        flips: also mirror every view.
        crops: pixels by which four more views are shifted, one to each corner; 0 for none.
        scales: factors above 1 of more views, magnified about the centre.

    Raises:
        ValueError: there is but the image itself.
    """
    if not (flips or crops or scales):
        raise ValueError("expected flips, crops or scales, found none")
    views = recipe.predict.replace(flips=flips, crops=crops, scales=scales, logit_views=None)
    return recipe.replace(predict=views)
