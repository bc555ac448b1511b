"""How a trained network is asked."""

from typing import Annotated, Literal

from pydantic import Field

from ablation.recipe.values import Frozen, PositiveInt, Probability


class LogitViews(Frozen):
    """Six views: an image, itself shifted up and left, and down and right, edges reflected, each also mirrored.

    Attributes:
        shift: pixels.
        weight: of the image and its mirror image together; the shifted ones share the rest.
    """

    shift: PositiveInt = 1
    weight: Probability = 0.5


class Prediction(Frozen):
    """Test-time averaging: mean class probabilities over fixed views of an image and over noisy passes.

    Attributes:
        flips: also the mirrored image.
        crops: pixels by which four more views are shifted, one to each corner, edges repeated; 0 for none.
        scales: more views, magnified about the centre by these factors.
        noise: kinds of layers whose training noise stays on.
        draws: passes with that noise.
        logit_views: views whose logits are averaged with weights; then without the views above.
    """

    flips: bool = False
    crops: Annotated[int, Field(ge=0)] = 0
    scales: tuple[Annotated[float, Field(gt=1)], ...] = ()
    noise: tuple[Literal["dropout", "pooling"], ...] = ()
    draws: PositiveInt = 1
    logit_views: LogitViews | None = None
