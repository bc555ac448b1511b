"""Random crop of each image, resized to the image's own size."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class RandomCropResize(keras.layers.Layer):
    """Cuts a random square-proportioned window out of each image and resizes it (bilinearly), in training only.

    Keras' `RandomCrop` draws one window for a whole batch; this layer draws one an image. Bilinear resampling is
    separable, so it is two small matrix products an image and runs inside a compiled step on every backend; mirroring
    only reverses one of the matrices.

    Args:
        area: (smallest, largest) share of the image's area that the window covers, 0-1.
        flip: whether half of the images are mirrored left to right as well.
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels).
        training: without it the layer is the identity.

    Raises:
        ValueError: not 0 < smallest <= largest <= 1.
    """

    def __init__(
        self, area: tuple[float, float], flip: bool = False, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not 0 < area[0] <= area[1] <= 1:
            raise ValueError(f"`area` must be two shares, 0 < smallest <= largest <= 1. Received: {area}")
        self.area, self.flip, self.seed = tuple(area), flip, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        batch, height, width, channels = ops.shape(inputs)
        share = keras.random.uniform((batch, 1), *self.area, dtype="float32", seed=self.generator)
        place = keras.random.uniform((batch, 2), dtype="float32", seed=self.generator)
        side = ops.sqrt(share)
        rows = resampling_matrix(height, side, place[:, :1], inputs.dtype)
        columns = resampling_matrix(width, side, place[:, 1:], inputs.dtype)
        if self.flip:
            mirrored = keras.random.uniform((batch, 1, 1), dtype="float32", seed=self.generator) < 0.5
            columns = ops.where(mirrored, ops.flip(columns, axis=1), columns)
        x = ops.matmul(rows, ops.reshape(inputs, (batch, height, width * channels)))
        x = ops.transpose(ops.reshape(x, (batch, height, width, channels)), (0, 2, 1, 3))
        x = ops.matmul(columns, ops.reshape(x, (batch, width, height * channels)))
        return ops.transpose(ops.reshape(x, (batch, width, height, channels)), (0, 2, 1, 3))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "area": self.area, "flip": self.flip, "seed": self.seed}


def resampling_matrix(size: int, side: Any, place: Any, dtype: str) -> Any:
    """Bilinear weights that stretch a window over a whole axis, pixel centres at half-integers, edges repeated.

    Args:
        size: pixels along the axis.
        side: (batch, 1) length of the window as a share of the axis, 0-1.
        place: (batch, 1) position of the window in its free room, 0-1.
        dtype: of the weights.

    Returns:
        (batch, size, size); row i holds the weights of the source pixels for output pixel i and sums to 1.
    """
    pixels = ops.arange(size, dtype="float32")
    source = place * (1 - side) * size + (pixels[None, :] + 0.5) * side - 0.5
    source = ops.clip(source, 0.0, size - 1.0)
    return ops.cast(ops.maximum(1 - ops.abs(source[:, :, None] - pixels[None, None, :]), 0), dtype)
