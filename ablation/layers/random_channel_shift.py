"""A random amount added to each colour channel of each image."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class RandomChannelShift(keras.layers.Layer):
    """Adds one amount to all pixels of a channel and cuts off what leaves 0-255, in training only.

    The amounts are drawn for each image and channel, uniformly between minus and plus `share` of the range 255. Unlike
    `keras.layers.RandomBrightness`, which adds one amount to all channels.

    Args:
        share: largest amount, 0-1.
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels) of 0-255.
        training: without it the layer is the identity.

    Raises:
        ValueError: a share out of range.
    """

    def __init__(self, share: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= share <= 1:
            raise ValueError(f"`share` must be from 0 to 1. Received: {share}")
        self.share, self.seed = share, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        batch, _, _, channels = ops.shape(inputs)
        most = 255 * self.share
        shape = (batch, 1, 1, channels)
        amount = keras.random.uniform(shape, -most, most, dtype="float32", seed=self.generator)
        return ops.clip(inputs + ops.cast(amount, inputs.dtype), 0, 255)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "share": self.share, "seed": self.seed}
