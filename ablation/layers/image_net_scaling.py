"""Inputs as ResNet50 of `keras.applications` was trained on them."""

from typing import Any

import keras
from keras import ops

MEAN = (103.939, 116.779, 123.68)


@keras.saving.register_keras_serializable("ablation")
class ImageNetScaling(keras.layers.Layer):
    """Images of 0-255, RGB, as BGR with ImageNet's mean taken off each channel."""

    def call(self, images: Any) -> Any:
        return ops.flip(images, axis=-1) - ops.convert_to_tensor(MEAN, images.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape
