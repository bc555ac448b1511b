from ablation.recipe import Freeze, Positive, PositiveInt, Recipe, WarmUp
from ablation.tricks import trick


@trick("warm_up", "frozen", "epochs", "learning_rate")
def fine_tune(
    recipe: Recipe,
    *,
    epochs: PositiveInt = 5,
    learning_rate: Positive = 1e-5,
    last: PositiveInt | None = None,
) -> Recipe:
    """After a warm-up everything is unfrozen and trained on at a very small rate.

    The warm-up is the training as it was, with what was frozen in it (everything before the head where nothing
    was); this one starts from all of its weights with a new optimiser. Epochs and times are of this second phase.

    Source: Howard and Ruder 2018; the Keras guide "Transfer learning and fine-tuning".
    Lecture: five epochs frozen, then everything at a very small rate (D10).
    When it hurts: few images, or a rate that is not small: the first steps undo what was learned before.

    Parameters:
        epochs, learning_rate: of the second phase.
        last: so many of a backbone's last layers are trained in it, their normalisations too; all where not given.
    """
    frozen = recipe.frozen or Freeze()
    first = WarmUp(epochs=recipe.epochs, learning_rate=recipe.learning_rate, frozen=frozen)
    rest = None if last is None else Freeze(but_last=last)
    return recipe.replace(warm_up=first, frozen=rest, epochs=epochs, learning_rate=learning_rate)
