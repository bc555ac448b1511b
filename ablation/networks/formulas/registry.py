"""Which formula counts which layer."""

from collections.abc import Callable
from dataclasses import dataclass

from ablation.networks.formulas.size import Size


@dataclass(frozen=True)
class Formula:
    """How a layer is counted.

    Attributes:
        function: of the input's shape (of all inputs' shapes, where it merges) and the options named in `options`.
        options: those that it knows; a layer with others is made and asked.
        merges: whether the layer reads several inputs.
    """

    function: Callable[..., Size]
    options: frozenset[str]
    merges: bool = False


FORMULAS: dict[str, Formula] = {}


def formula(*names: str, merges: bool = False) -> Callable[[Callable[..., Size]], Callable[..., Size]]:
    """Declare a function to count layers of these names; its keyword-only arguments are Keras' options."""

    def declare(function: Callable[..., Size]) -> Callable[..., Size]:
        known = frozenset(function.__kwdefaults__ or ())
        for name in names:
            path = name if "." in name else f"keras.layers.{name}"
            FORMULAS[path] = Formula(function, known, merges)
        return function

    return declare
