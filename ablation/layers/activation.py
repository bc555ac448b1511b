"""An activation by one compiled kernel."""

import functools
import math
from collections.abc import Callable
from typing import Any

import keras

from ablation.hardware import accelerators


@keras.saving.register_keras_serializable("ablation")
class Activation(keras.layers.Activation):
    """`keras.layers.Activation`, whose GELU TensorFlow computes in one pass on a CPU.

    TensorFlow composes GELU and its gradient of a dozen elementwise operations, each rounded to bfloat16 under such a
    policy. Here XLA makes one kernel of each; they compute in float32 and round once. Same numbers to rounding; plain
    Keras for other functions, on other backends and on accelerators.
    """

    def call(self, inputs: Any) -> Any:
        compiled = keras.config.backend() == "tensorflow" and not accelerators()
        if compiled and self.activation is keras.activations.gelu and self.compute_dtype != "float64":
            return _gelu()(inputs)
        return super().call(inputs)


@functools.cache
def _gelu() -> Callable[[Any], Any]:
    """x * P(X <= x) of a normal X, on TensorFlow's tensors of at most 32 bits a number."""
    import tensorflow as tf

    def share(x: tf.Tensor, narrow: bool) -> tf.Tensor:
        """P(X <= x). `erf` takes half the time of `erfc` and is off by 1e-7, which in far tails float32 would show."""
        scaled = x * math.sqrt(0.5)
        return 0.5 + 0.5 * tf.math.erf(scaled) if narrow else 0.5 * tf.math.erfc(-scaled)

    @tf.function(jit_compile=True, autograph=False)
    def forward(x: tf.Tensor) -> tf.Tensor:
        wide = tf.cast(x, tf.float32)
        return tf.cast(wide * share(wide, x.dtype != tf.float32), x.dtype)

    @tf.function(jit_compile=True, autograph=False)
    def backward(x: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
        wide = tf.cast(x, tf.float32)
        density = tf.exp(-0.5 * tf.square(wide)) / math.sqrt(2 * math.pi)
        slope = share(wide, x.dtype != tf.float32) + wide * density
        return tf.cast(tf.cast(upstream, tf.float32) * slope, x.dtype)

    @tf.custom_gradient
    def gelu(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        return forward(x), lambda upstream: backward(x, upstream)

    return gelu
