"""What a family of networks is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ablation.networks.graph import Graph, Problem
from ablation.recipe import Frozen, Network, Recipe

COMMON = ("family", "options")


class NoOptions(Frozen):
    """Of a family that has none."""


@dataclass(frozen=True)
class Family:
    """A family of networks, one of which a recipe names.

    Attributes:
        build: the network of a recipe for some images.
        reads: fields of `ablation.recipe.Network` that shape its networks; all others do nothing.
        always: fields that do nothing because its networks have what they stand for anyway.
        options: model of `network.options`.
        defaults: fields of the network that choosing the family sets, unless they are set beside it.
        channels: the numbers that say how wide a recipe's body is.
        with_channels: the recipe with others in their place.
        computed_by: classes that compute the same as those of Keras, to rounding, in less time, by the paths of those.
    """

    build: Callable[[Recipe, Problem], Graph]
    channels: Callable[[Recipe], tuple[int, ...]]
    with_channels: Callable[[Recipe, tuple[int, ...]], Recipe]
    reads: tuple[str, ...] = tuple(name for name in Network.model_fields if name not in COMMON)
    always: tuple[str, ...] = ()
    options: type[Frozen] = NoOptions
    defaults: Mapping[str, Any] = field(default_factory=dict)
    computed_by: Mapping[str, str] = field(default_factory=dict)
