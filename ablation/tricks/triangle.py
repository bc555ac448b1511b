from typing import Annotated

from pydantic import Field

from ablation.recipe import Layer, Probability, Recipe
from ablation.tricks import trick


@trick("schedule")
def triangle(
    recipe: Recipe,
    *,
    peak: Annotated[float, Field(gt=0, lt=1)] = 0.23,
    start: Probability = 0.2,
    end: Probability = 0.07,
) -> Recipe:
    """A learning rate that rises in a straight line and falls in another.

    The rise keeps the first steps short while statistics and norms settle; the fall ends the training wherever it
    stands, so that its length is a setting like any other.

    Source: Howard and Ruder 2018 (slanted); shape and figures Jordan 2024.
    Lecture: not in the lectures.
    When it hurts: stopping early, since the gain comes in the last epochs.

    Parameters:
        peak: share of the training before the peak.
        start: first rate, as a share of the peak.
        end: last rate, as a share of the peak.
    """
    options = {"total_steps": "total", "peak_step": f"{peak:g} total", "start": start, "end": end}
    return recipe.replace(schedule=Layer.of("ablation.schedules.Triangle", **options))
