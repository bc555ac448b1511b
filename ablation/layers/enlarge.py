"""Images of more (or fewer) pixels."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class Enlarge(keras.layers.Layer):
    """Resizes images bilinearly by a factor, in training and at inference.

    `keras.layers.Resizing` wants the new sides themselves, which depend on the data.

    Args:
        factor: above 0; both sides are multiplied by it and rounded, 1 pixel at least.

    Call arguments:
        inputs: images (batch, height, width, channels).

    Raises:
        ValueError: a factor that is not above 0.
    """

    def __init__(self, factor: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if factor <= 0:
            raise ValueError(f"`factor` must be above 0. Received: {factor}")
        self.factor = factor

    def call(self, inputs: Any) -> Any:
        _, height, width, _ = self.compute_output_shape(inputs.shape)
        resized = ops.image.resize(
            ops.cast(inputs, "float32"),
            (height, width),
            interpolation="bilinear",
            data_format="channels_last",
        )
        return ops.cast(resized, inputs.dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, height, width, channels = input_shape
        return batch, self._of(height), self._of(width), channels

    def _of(self, side: int) -> int:
        return max(1, round(side * self.factor))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}
