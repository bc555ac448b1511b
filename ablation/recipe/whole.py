"""One network and its training."""

import math
from collections.abc import Iterator
from typing import Any

from ablation.recipe.network import Network
from ablation.recipe.training import Training


class Recipe(Network, Training):
    """One network and its training, complete but for the data and the seed."""

    def block_convs(self) -> tuple[int, ...]:
        """Convolutions of each block.

        Raises:
            ValueError: `convs_per_block` names another number of blocks than `widths`.
        """
        if isinstance(self.convs_per_block, int):
            return (self.convs_per_block,) * len(self.widths)
        if len(self.convs_per_block) != len(self.widths):
            raise ValueError(
                f"convs_per_block: expected one number or {len(self.widths)} (one for each of widths), "
                f"found {len(self.convs_per_block)}"
            )
        return self.convs_per_block

    def total_steps(self, steps_per_epoch: int) -> int:
        """Steps of the whole training; a fraction of a step counts as one."""
        return math.ceil(round(steps_per_epoch * self.epochs, 6))

    def changes_from(self, base: "Recipe") -> dict[str, tuple[Any, Any]]:
        """Fields in which this recipe differs from `base`: name -> (value there, value here)."""
        return dict(_differences(base, self))


def _differences(before: Recipe, after: Recipe) -> Iterator[tuple[str, tuple[Any, Any]]]:
    there, here = dict(before), dict(after)
    for field, new in here.items():
        if (old := there[field]) is not new and old != new:
            yield field, (old, new)
