"""A convolution whose kernel's gradient is a few matrix products where that is faster."""

import functools
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from ablation.hardware import accelerators

LARGEST_SIDE = 8
LEAST_CHANNELS = 64


@keras.saving.register_keras_serializable("ablation")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with the kernel's gradient by matrix products, in bfloat16 on a CPU under TensorFlow.

    oneDNN's own gradient of a kernel reaches half the speed of its convolutions there, and on maps of few pixels
    multiplies mostly by padding. For each place of the kernel this is one product of the pixels that it meets with the
    gradients of their outputs; a place beyond the edge costs nothing. On maps of at most `LARGEST_SIDE` pixels a side
    and from `LEAST_CHANNELS` channels that takes 0.2 to 0.8 of the time. Same numbers to rounding; plain Keras in every
    other case.
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        if not self._by_products(inputs.shape):
            return super().convolution_op(inputs, kernel)
        inputs, kernel = (ops.convert_to_tensor(one, self.compute_dtype) for one in (inputs, kernel))
        return _convolution()(inputs, kernel)

    def _by_products(self, shape: tuple[Any, ...]) -> bool:
        return (
            keras.config.backend() == "tensorflow"
            and self.compute_dtype == "bfloat16"
            and (self.padding, self.data_format, self.groups) == ("same", "channels_last", 1)
            and {*self.strides, *self.dilation_rate} == {1}
            and all(side % 2 == 1 for side in self.kernel_size)
            and all(side is not None and side <= LARGEST_SIDE for side in shape[1:3])
            and shape[3] >= LEAST_CHANNELS
            and not accelerators()
        )


@functools.cache
def _convolution() -> Callable[[Any, Any], Any]:
    """On TensorFlow's tensors: images (batch, height, width, channels), stride 1, edges padded with zeros."""
    import tensorflow as tf

    @tf.custom_gradient
    def convolution(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            of_x = tf.nn.conv2d_transpose(upstream, kernel, tf.shape(x), 1, "SAME")
            return of_x, kernel_gradient(x, upstream, kernel.shape)

        return tf.nn.conv2d(x, kernel, 1, "SAME"), gradient

    def kernel_gradient(x: tf.Tensor, upstream: tf.Tensor, shape: tf.TensorShape) -> tf.Tensor:
        height, width, depth, filters = shape
        # columns and rows go first: what a place of the kernel meets is then cut out with few copies, or none
        x, upstream = (tf.transpose(one, (2, 1, 0, 3)) for one in (x, upstream))
        products = []
        for down in range(-(height // 2), height // 2 + 1):
            rows, their = _met(x.shape[1], down)
            pixels, gradients = x[:, rows], upstream[:, their]
            for right in range(-(width // 2), width // 2 + 1):
                columns, of_them = _met(x.shape[0], right)
                products.append(
                    tf.matmul(
                        tf.reshape(pixels[columns], (-1, depth)),
                        tf.reshape(gradients[of_them], (-1, filters)),
                        transpose_a=True,
                    )
                )
        return tf.reshape(tf.stack(products), shape)

    return convolution


def _met(side: int, by: int) -> tuple[slice, slice]:
    """Of a row of pixels those that a kernel's place so far from its middle lies on, and the outputs that read them."""
    return slice(max(by, 0), max(side + min(by, 0), 0)), slice(max(-by, 0), max(side - max(by, 0), 0))
