"""Inputs as the networks of `keras.applications` were trained on them."""

from typing import Any

import keras
from keras import ops

MODES = ("caffe", "tf", "torch", "none")
MEAN = (103.939, 116.779, 123.68)
TORCH_MEAN, TORCH_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@keras.saving.register_keras_serializable("ablation")
class ImageNetScaling(keras.layers.Layer):
    """Images of 0-255, RGB or grey, which counts as RGB, prepared as `keras.applications` does.

    Args:
        mode: `caffe` turns RGB into BGR and takes ImageNet's mean off each channel; `tf` brings pixels to -1 to 1;
            `torch` to ImageNet's mean 0 and deviation 1 per channel; `none` leaves them to a network that begins so.

    Raises:
        ValueError: an unknown mode.
    """

    def __init__(self, mode: str = "caffe", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if mode not in MODES:
            raise ValueError(f"`mode` must be one of {', '.join(MODES)}. Received: {mode}")
        self.mode = mode

    def call(self, images: Any) -> Any:
        if images.shape[-1] == 1:
            images = ops.repeat(images, 3, axis=-1)
        if self.mode == "caffe":
            return ops.flip(images, axis=-1) - ops.convert_to_tensor(MEAN, images.dtype)
        if self.mode == "tf":
            return images / 127.5 - 1.0
        if self.mode == "torch":
            mean, deviation = (
                ops.convert_to_tensor(one, images.dtype) for one in (TORCH_MEAN, TORCH_DEVIATION)
            )
            return (images / 255.0 - mean) / deviation
        return images

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], 3)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode}
