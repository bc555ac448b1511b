"""Gaussian noise on a random part of the images."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class RandomGaussianNoise(keras.layers.Layer):
    """Adds Gaussian noise to each image with some probability, in training only.

    Unlike `keras.layers.GaussianNoise`, which adds it to every image.

    Args:
        probability: that an image gets noise, 0-1.
        stddev: of the noise, in the unit of the images.
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels).
        training: without it the layer is the identity.
    """

    def __init__(self, probability: float, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.probability, self.stddev, self.seed = probability, stddev, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        chosen = keras.random.uniform((ops.shape(inputs)[0], 1, 1, 1), seed=self.generator) < self.probability
        noise = keras.random.normal(
            ops.shape(inputs), stddev=self.stddev, dtype=inputs.dtype, seed=self.generator
        )
        return inputs + ops.cast(chosen, inputs.dtype) * noise

    def get_config(self) -> dict[str, Any]:
        own = {"probability": self.probability, "stddev": self.stddev, "seed": self.seed}
        return {**super().get_config(), **own}
