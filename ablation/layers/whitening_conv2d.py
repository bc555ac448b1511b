"""A convolution whose kernel takes the correlation out of small patches."""

from typing import Any

import keras


@keras.saving.register_keras_serializable("ablation")
class WhiteningConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with a kernel that is not trained; its bias is.

    The kernel is what its initialiser gives until `ablation.train.whitening.whiten` sets it from images.
    """

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.kernel.trainable = False
