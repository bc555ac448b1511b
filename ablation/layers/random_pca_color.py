"""Random change of colour along the principal components of the pixels' colours."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class RandomPcaColor(keras.layers.Layer):
    """Adds one random colour to each image, in training only.

    With the covariance C = P diag(lambda) P' of the colours, Krizhevsky et al. 2012 (section 4.1) add
    P (alpha * lambda), alpha ~ N(0, stddev^2) for each image. Its covariance is stddev^2 C^2, that of stddev
    * C z with z ~ N(0, 1), which needs no eigenvectors and is what is computed. C is of the batch's pixels on
    a scale of 0-1, where the paper takes the training set's.

    Args:
        stddev: of alpha.
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels) of 0-255.
        training: without it the layer is the identity.
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev, self.seed = stddev, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        batch, _, _, channels = ops.shape(inputs)
        pixels = ops.reshape(ops.cast(inputs, "float32"), (-1, channels)) / 255
        centred = pixels - ops.mean(pixels, axis=0)
        covariance = ops.mean(centred[:, :, None] * centred[:, None, :], axis=0)
        draws = keras.random.normal((batch, channels), dtype="float32", seed=self.generator)
        color = 255 * self.stddev * ops.matmul(draws, covariance)
        return inputs + ops.cast(color, inputs.dtype)[:, None, None, :]

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}
