"""Random shift of each image by whole pixels: padding and cropping in one."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class RandomPadCrop(keras.layers.Layer):
    """Pads each image with zeros and cuts a window of its own size at a random place, in training only.

    Keras' `RandomCrop` draws one window for a whole batch; this layer draws one an image. The shift is a
    product with a matrix of zeros and ones along each axis; rows that fall outside are zero.

    Args:
        padding: pixels on every side, so the largest shift.
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels).
        training: without it the layer is the identity.

    Raises:
        ValueError: padding below 1.
    """

    def __init__(self, padding: int, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if padding < 1:
            raise ValueError(f"`padding` must be 1 pixel or more. Received: {padding}")
        self.padding, self.seed = padding, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        batch, height, width, _ = ops.shape(inputs)
        shift = keras.random.randint((batch, 2), -self.padding, self.padding + 1, seed=self.generator)
        rows = _shift_matrix(height, shift[:, :1], inputs.dtype)
        columns = _shift_matrix(width, shift[:, 1:], inputs.dtype)
        return ops.einsum("bjw,biwc->bijc", columns, ops.einsum("bih,bhwc->biwc", rows, inputs))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "seed": self.seed}


def _shift_matrix(size: int, shift: Any, dtype: str) -> Any:
    """(batch, size, size) with a one in row i at column i + shift."""
    pixels = ops.arange(size, dtype="int32")
    return ops.cast(ops.equal((pixels + shift)[:, :, None], pixels), dtype)
