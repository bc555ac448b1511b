"""A shortcut without weights between feature maps of different size."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class PaddedIdentity(keras.layers.Layer):
    """Every so many pixels of the input, with channels of zeros behind its own (He et al. 2016, option A).

    Args:
        filters: channels of the output, no fewer than the input's.
        strides: distance between the pixels that are kept, on both axes.

    Call arguments:
        inputs: (batch, height, width, channels).

    Returns:
        (batch, ceil(height / strides), ceil(width / strides), filters).

    Raises:
        ValueError: strides below 1, or more channels than `filters`.
    """

    def __init__(self, filters: int, strides: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if strides < 1:
            raise ValueError(f"`strides` must be 1 or more. Received: {strides}")
        self.filters, self.strides = filters, strides

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if input_shape[-1] is None or input_shape[-1] > self.filters:
            raise ValueError(f"`filters` must be {input_shape[-1]} or more. Received: {self.filters}")

    def call(self, inputs: Any) -> Any:
        kept = inputs[:, :: self.strides, :: self.strides]
        return ops.pad(kept, ((0, 0), (0, 0), (0, 0), (0, self.filters - inputs.shape[-1])))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, height, width, _ = input_shape
        sides = (None if side is None else -(-side // self.strides) for side in (height, width))
        return (batch, *sides, self.filters)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "strides": self.strides}
