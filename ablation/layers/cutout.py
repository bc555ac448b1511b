"""A random square of each image set to zero."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class Cutout(keras.layers.Layer):
    """Sets one square of each image to zero, in training only.

    The square's centre is any pixel, so it may stand over the edge (DeVries and Taylor 2017, section 3).
    Unlike `keras.layers.RandomErasing`, whose rectangles have a random area and shape.

    Args:
        size: side of the square, pixels.
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels).
        training: without it the layer is the identity.

    Raises:
        ValueError: size below 1.
    """

    def __init__(self, size: int, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if size < 1:
            raise ValueError(f"`size` must be 1 pixel or more. Received: {size}")
        self.size, self.seed = size, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        batch, height, width, _ = ops.shape(inputs)
        place = keras.random.uniform((batch, 2), dtype="float32", seed=self.generator)
        rows = self._inside(height, place[:, :1])[:, :, None, None]
        columns = self._inside(width, place[:, 1:])[:, None, :, None]
        return ops.where(ops.logical_and(rows, columns), ops.zeros_like(inputs), inputs)

    def _inside(self, side: int, place: Any) -> Any:
        """(batch, side) booleans: which pixels of an axis lie in the square, whose centre's place is 0-1."""
        offset = ops.arange(side, dtype="float32") - ops.floor(place * side) + self.size // 2
        return ops.logical_and(offset >= 0, offset < self.size)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "seed": self.seed}
