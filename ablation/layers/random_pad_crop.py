"""Random shift of each image by whole pixels: padding and cropping in one."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class RandomPadCrop(keras.layers.Layer):
    """Pads each image and cuts a window of its own size at a random place, in training only.

    Keras' `RandomCrop` draws one window for a whole batch; this layer draws one an image. The shift is a
    product with a matrix of zeros and ones along each axis.

    Args:
        padding: pixels on every side, so the largest shift.
        edges: what the padding holds: `zero`, or `reflect` for the image mirrored at its outermost pixels.
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels).
        training: without it the layer is the identity.

    Raises:
        ValueError: padding below 1, or other edges.
    """

    def __init__(self, padding: int, edges: str = "zero", seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if padding < 1:
            raise ValueError(f"`padding` must be 1 pixel or more. Received: {padding}")
        if edges not in ("zero", "reflect"):
            raise ValueError(f"`edges` must be zero or reflect. Received: {edges!r}")
        self.padding, self.edges, self.seed = padding, edges, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        batch, height, width, _ = ops.shape(inputs)
        shift = keras.random.randint((batch, 2), -self.padding, self.padding + 1, seed=self.generator)
        reflect = self.edges == "reflect"
        rows = _shift_matrix(height, shift[:, :1], reflect, inputs.dtype)
        columns = _shift_matrix(width, shift[:, 1:], reflect, inputs.dtype)
        return ops.einsum("bjw,biwc->bijc", columns, ops.einsum("bih,bhwc->biwc", rows, inputs))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "edges": self.edges, "seed": self.seed}


def _shift_matrix(size: int, shift: Any, reflect: bool, dtype: str) -> Any:
    """(batch, size, size) with a one in row i at column i + shift; beyond the edge at its mirror image, or none."""
    pixels = ops.arange(size, dtype="int32")
    places = pixels + shift
    if reflect:
        places = (size - 1) - ops.abs((size - 1) - ops.abs(places))
    return ops.cast(ops.equal(places[:, :, None], pixels), dtype)
