"""Single pixels of each image turned to their opposite."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class RandomPixelFlip(keras.layers.Layer):
    """Turns each pixel, with some probability and independently of all others, from v to 255 - v, in training only.

    All channels of a pixel turn together.

    Args:
        probability: that a pixel turns, 0-1.
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels) of 0-255.
        training: without it the layer is the identity.

    Raises:
        ValueError: a probability out of range.
    """

    def __init__(self, probability: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= probability <= 1:
            raise ValueError(f"`probability` must be from 0 to 1. Received: {probability}")
        self.probability, self.seed = probability, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        shape = (*ops.shape(inputs)[:3], 1)
        turned = keras.random.uniform(shape, dtype="float32", seed=self.generator) < self.probability
        return ops.where(turned, 255 - inputs, inputs)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "probability": self.probability, "seed": self.seed}
