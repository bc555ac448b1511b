"""What a study file may name and how large it may be: a stranger's file runs no code and plans in a moment."""

import re
from typing import Annotated, Any

from pydantic import Field

from ablation.errors import UserError, did_you_mean
from ablation.recipe import Layer, Recipe

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+.-]{0,63}$")]
MOST_CONVS, MOST_PARAMETERS = 1000, 10**11
ACTIVATIONS = (
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish",
    "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
    "soft_shrink", "softplus", "softsign", "squareplus", "swish", "tanh", "tanh_shrink",
)  # fmt: skip
LAYER_PATH = re.compile(
    r"(keras\.(layers|initializers|optimizers|optimizers\.schedules)"
    r"|ablation\.(initializers|optimizers|schedules|layers\.\w+))"
    r"\.(?!Lambda|TFSM)[A-Z]\w*"
)


def check_convs(recipe: Recipe) -> None:
    """Refuse what would take for ever only to be listed.

    Raises:
        ValueError: `convs_per_block` does not fit `widths`, or there are more convolutions than anyone trains.
    """
    if (convs := sum(recipe.block_convs())) > MOST_CONVS:
        raise ValueError(f"convs_per_block: expected {MOST_CONVS} convolutions in all at most, found {convs}")


def check_size(where: str, parameters: int) -> None:
    """Refuse networks that no machine holds.

    Raises:
        UserError: over 1e11 parameters.
    """
    if parameters > MOST_PARAMETERS:
        raise UserError(f"{where}: expected {MOST_PARAMETERS:.0e} parameters at most, found {parameters:.1e}")


def check_layers(where: str, value: Any) -> None:
    """Only classes of Keras and of this project, with plain options: a study file cannot run code of its own.

    Raises:
        UserError: a layer is anything else.
    """
    if isinstance(value, tuple):
        for one in value:
            check_layers(where, one)
    elif isinstance(value, Layer):
        if not LAYER_PATH.fullmatch(value.path):
            raise UserError(f"{where}.path: expected a class like keras.layers.ReLU, found '{value.path}'")
        for key, option in value.options.items():
            if any(
                isinstance(one, dict | list) for one in (option if isinstance(option, list) else [option])
            ):
                raise UserError(f"{where}.options.{key}: expected a plain value or a list of them")


def check_activation(where: str, name: str) -> None:
    """Only activations that Keras knows by name.

    Raises:
        UserError: it is none.
    """
    if name not in ACTIVATIONS:
        raise UserError(f"{where}: unknown '{name}'{did_you_mean(name, ACTIVATIONS)}")
