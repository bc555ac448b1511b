from typing import Any, Literal

from ablation.recipe import Layer, Positive, Rate, Recipe
from ablation.tricks import trick

DEFAULT_RATES = {
    "sgd": 0.01,
    "momentum": 0.01,
    "nesterov": 0.01,
    "adagrad": 0.01,
    "rmsprop": 0.001,
    "adam": 0.001,
}
CLASSES = {"adagrad": "Adagrad", "rmsprop": "RMSprop", "adam": "Adam"}


@trick("optimizer", "learning_rate")
def optimizer(
    recipe: Recipe,
    *,
    name: Literal["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"] = "adam",
    learning_rate: Positive | None = None,
    momentum: Rate | None = None,
    nesterov: bool = False,
) -> Recipe:
    """Another optimiser.

    SGD steps along the gradient; momentum along a running sum of gradients; Nesterov looks one step ahead;
    AdaGrad, RMSProp and Adam divide each weight's step by the size of its past gradients.

    Source: Polyak 1964, Nesterov 1983, Duchi et al. 2011, Tieleman and Hinton 2012, Kingma and Ba 2015.
    Lecture: all six (D14); SGD 0.01 with Nesterov momentum 0.9 (D3).
    When it hurts: compared at one learning rate the comparison is of learning rates; each needs its own.

    Parameters:
        name: of the optimiser; `momentum` and `nesterov` are SGD with these.
        learning_rate: where not given 0.01, 0.001 for RMSProp and Adam.
        momentum: of the three SGDs and RMSProp: weight of the past; where not given 0.9 for `momentum` and
            `nesterov`, else 0.
        nesterov: for `sgd` and `momentum`: look ahead.

    Raises:
        ValueError: momentum for AdaGrad or Adam, which have none, or Nesterov without momentum.
    """
    rate = DEFAULT_RATES[name] if learning_rate is None else learning_rate
    if name in CLASSES:
        if nesterov or (momentum is not None and name != "rmsprop"):
            raise ValueError(f"momentum and nesterov: expected none for {name}")
        options: dict[str, Any] = {"momentum": momentum} if momentum else {}
        return recipe.replace(
            optimizer=Layer.of(f"keras.optimizers.{CLASSES[name]}", **options), learning_rate=rate
        )
    past = momentum if momentum is not None else 0.0 if name == "sgd" else 0.9
    ahead = nesterov or name == "nesterov"
    if ahead and not past:
        raise ValueError("nesterov: expected a momentum above 0")
    layer = Layer.of("keras.optimizers.SGD", momentum=past, nesterov=ahead)
    return recipe.replace(optimizer=layer, learning_rate=rate)
