from typing import Literal

from ablation.recipe import EarlyStopping, PositiveInt, Rate, Recipe
from ablation.tricks import trick


@trick("early_stopping")
def early_stopping(
    recipe: Recipe,
    *,
    patience: PositiveInt = 3,
    monitor: Literal["val_loss", "val_accuracy"] = "val_loss",
    smoothing: Rate = 0.0,
) -> Recipe:
    """Stop when the validation curve no longer improves, and keep the best epoch's weights.

    Source: Prechelt 1998; smoothing of the curve as in lecture E.
    Lecture: patience 3 on the validation loss stops at about epoch 13 of 20, val about 0.585 (D2); a smoothed
    curve is
        less easily fooled (E2).
    When it hurts: curves that rest before they improve again, such as under a learning-rate schedule; chooses
    on the
        validation images, whose figure is then too good.

    Parameters:
        patience: epochs without improvement before training ends.
        monitor: the curve that is watched; a loss should fall, an accuracy rise.
        smoothing: weight of the past in the moving average that is watched, 0 for the raw curve.
    """
    rule = EarlyStopping(patience=patience, monitor=monitor, smoothing=smoothing)
    return recipe.replace(early_stopping=rule)
