"""Random smooth warps of each image."""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class RandomElastic(keras.layers.Layer):
    """Moves every pixel a little, neighbours alike, bilinearly, in training only.

    Each image draws a field of displacements for either axis: Gaussian noise, smoothed by a Gaussian (Simard et al.
    2003 smooth uniform noise, which comes to the same), and scaled so that every displacement is N(0, stddev^2). What
    lies outside repeats the edge. Keras' `RandomElasticTransform` moves both axes by one field.

    Args:
        stddev: of a displacement, pixels.
        smoothness: deviation of the Gaussian that smooths the field, pixels.
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels).
        training: without it the layer is the identity.

    Raises:
        ValueError: an argument that is not above 0.
    """

    def __init__(self, stddev: float, smoothness: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if min(stddev, smoothness) <= 0:
            raise ValueError(f"`stddev` and `smoothness` must be above 0. Received: {stddev}, {smoothness}")
        self.stddev, self.smoothness, self.seed = stddev, smoothness, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        batch, height, width, _ = ops.shape(inputs)
        noise = keras.random.normal((2, batch, height, width), dtype="float32", seed=self.generator)
        rows, columns = (_smoothing(side, self.smoothness) for side in (height, width))
        field = self.stddev * ops.matmul(ops.matmul(rows, noise), columns.T)
        y = ops.arange(height, dtype="float32")[:, None] + field[0]
        x = ops.arange(width, dtype="float32")[None, :] + field[1]
        return ops.cast(_looked_up(ops.cast(inputs, "float32"), y, x), inputs.dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"stddev": self.stddev, "smoothness": self.smoothness, "seed": self.seed}
        return {**super().get_config(), **own}


def _smoothing(side: int, smoothness: float) -> np.ndarray:
    """(side, side) Gaussian weights whose rows have length 1, so that smoothed unit noise stays unit noise."""
    places = np.arange(side)
    weights = np.exp(-((places[:, None] - places) ** 2) / (2 * smoothness**2))
    return (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype("float32")


def _looked_up(images: Any, y: Any, x: Any) -> Any:
    """Images (batch, height, width, channels), read bilinearly at rows y and columns x, (batch, height, width)."""
    batch, height, width, channels = ops.shape(images)
    y, x = ops.clip(y, 0.0, height - 1.0), ops.clip(x, 0.0, width - 1.0)
    top, left = ops.floor(y), ops.floor(x)
    down, right = (y - top)[..., None], (x - left)[..., None]
    flat = ops.reshape(images, (batch, height * width, channels))

    def at(rows: Any, columns: Any) -> Any:
        rows, columns = ops.minimum(rows, height - 1.0), ops.minimum(columns, width - 1.0)
        place = ops.reshape(ops.cast(rows * width + columns, "int32"), (batch, height * width, 1))
        return ops.reshape(ops.take_along_axis(flat, place, axis=1), (batch, height, width, channels))

    upper = (1 - right) * at(top, left) + right * at(top, left + 1)
    lower = (1 - right) * at(top + 1, left) + right * at(top + 1, left + 1)
    return (1 - down) * upper + down * lower
