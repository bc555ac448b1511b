"""Lookahead: slow weights that follow the trained ones, in `keras.ops` for every backend."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ablation.recipe import Lookahead


class Slow:
    """The slow weights of a network (Zhang et al. 2019; with a growing decay Jordan 2024).

    Args:
        how: of the recipe.
        fast: variables that they follow: trained weights and statistics.
        steps: of the whole training.

    Attributes:
        fast: as given.
        slow: variables of the same shapes, in the same order.
    """

    def __init__(self, how: Lookahead, fast: Sequence[Any], steps: int) -> None:
        self.how, self.steps, self.fast = how, steps, list(fast)
        self.slow = [
            keras.Variable(
                ops.convert_to_numpy(one.value), dtype=one.dtype, trainable=False, name=f"slow_{one.name}"
            )
            for one in self.fast
        ]

    def pulled(self, done: Any, fast: Sequence[Any], slow: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Fast and slow weights after the step that made `done` of them; a pure function of tensors."""

        def pull() -> tuple[list[Any], list[Any]]:
            time = ops.cast(done, "float32") / self.steps
            stay = self.how.decay**self.how.every * ops.power(time, self.how.power)
            met = [old + (1 - stay) * (new - old) for new, old in zip(fast, slow, strict=True)]
            return met, met

        def leave() -> tuple[list[Any], list[Any]]:
            return list(fast), list(slow)

        return ops.cond(ops.equal(done % self.how.every, 0), pull, leave)

    def pull(self, done: Any) -> None:
        """The same on the variables; for backends whose compiled step may assign."""
        fast, slow = self.pulled(done, _values(self.fast), _values(self.slow))
        for variable, value in zip([*self.fast, *self.slow], [*fast, *slow], strict=True):
            variable.assign(value)

    def start(self) -> None:
        """The slow weights where the trained ones are."""
        for one, other in zip(self.slow, self.fast, strict=True):
            one.assign(ops.copy(other.value))

    def finish(self) -> None:
        """The trained weights where the slow ones are."""
        for one, other in zip(self.fast, self.slow, strict=True):
            one.assign(ops.copy(other.value))


def _values(variables: Sequence[Any]) -> list[Any]:
    return [ops.copy(variable.value) for variable in variables]
