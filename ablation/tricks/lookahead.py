from ablation.recipe import Lookahead, NonNegative, PositiveInt, Rate, Recipe
from ablation.tricks import trick


@trick("lookahead")
def lookahead(
    recipe: Recipe, *, every: PositiveInt = 5, decay: Rate = 0.95, power: NonNegative = 3.0
) -> Recipe:
    """Slow weights that follow the trained ones and pull them back every few steps.

    slow = a * slow + (1 - a) * trained, trained = slow, statistics of normalisations included, with a growing to
    decay^every in the end: the noise of single steps is averaged out of what training goes on from.

    Source: Zhang et al. 2019; the growing weight of the past Jordan 2024, section 3.4: 13.5 -> 12 epochs to .94.
    Lecture: not in the lectures.
    When it hurts: slow running averages of batch normalisation (a momentum of 0.6 is fast enough, 0.99 is not).

    Parameters:
        every: steps between two pulls.
        decay: weight of the past, a step, at the end of the training.
        power: how late that weight comes; 0 has it from the start.
    """
    return recipe.replace(lookahead=Lookahead(every=every, decay=decay, power=power))
