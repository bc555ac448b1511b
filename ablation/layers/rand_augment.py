"""RandAugment: a few random operations on each image."""

from typing import Any

import keras
from keras import ops

from ablation.layers.image_operations import OPERATIONS, operate


@keras.saving.register_keras_serializable("ablation")
class RandAugment(keras.layers.Layer):
    """Applies operations drawn uniformly from a list of fourteen to each image, in training only.

    Cubuk et al. 2020, with the operations and ranges of its figure 2; those that have a direction go either
    way with equal chance. Unlike `keras.layers.RandAugment`, which draws one sequence for a whole batch.

    Args:
        number: N, operations an image.
        magnitude: M, 0 to 10, their common strength.
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels) of 0-255, at least 3x3 pixels.
        training: without it the layer is the identity.

    Raises:
        ValueError: an argument out of range.
    """

    def __init__(self, number: int, magnitude: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if number < 1 or not 0 <= magnitude <= 10:
            raise ValueError(
                f"`number` must be 1 or more, `magnitude` from 0 to 10. Received: {number}, {magnitude}"
            )
        self.number, self.magnitude, self.seed = number, magnitude, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        shape = (ops.shape(inputs)[0], self.number)
        operations = keras.random.randint(shape, 0, OPERATIONS.index("invert"), seed=self.generator)
        signs = 2 * keras.random.randint(shape, 0, 2, seed=self.generator) - 1
        strengths = ops.cast(signs, "float32") * (self.magnitude / 10)
        x = ops.cast(inputs, "float32")
        for turn in range(self.number):
            x = operate(x, operations[:, turn], strengths[:, turn])
        return ops.cast(x, inputs.dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"number": self.number, "magnitude": self.magnitude, "seed": self.seed}
        return {**super().get_config(), **own}
