"""The sum of a block and its shortcut, where the block is sometimes left out."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class StochasticDepthAdd(keras.layers.Layer):
    """Adds a block's output to its shortcut and leaves the block out of some images' sums, in training only.

    What stays is divided by 1 - rate, so the sum's expectation is that of inference, where nothing is left
    out (Huang et al. 2016 multiply by 1 - rate at inference instead).

    Args:
        rate: probability that an image's block is left out, 0 to below 1.
        seed: of this layer's random stream.

    Call arguments:
        inputs: the block's output and the shortcut's, both (batch, height, width, channels).
        training: without it this is their sum.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate, self.seed = rate, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        block, shortcut = inputs
        if training:
            stays = keras.random.uniform((ops.shape(block)[0], 1, 1, 1), seed=self.generator) >= self.rate
            block = block * ops.cast(stays, block.dtype) / (1 - self.rate)
        return block + shortcut

    def compute_output_shape(self, input_shape: list[tuple]) -> tuple:
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
