"""Batch normalisation by the backend's fused kernel."""

from typing import Any

import keras
from keras import ops

BFLOAT16_CHANNELS = 16  # oneDNN's bfloat16 kernel wants a multiple of this; its fallback is ten times as slow


@keras.saving.register_keras_serializable("ablation")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, computed by one fused kernel where TensorFlow has it.

    Keras composes the training pass of a convolution's batch normalisation of a dozen elementwise kernels, in float32
    even under a bfloat16 policy; TensorFlow's fused kernel reads and writes the activations once, in their own
    precision, with float32 statistics. Same variables, same numbers to rounding; plain Keras on other backends, at
    inference and on other than (batch, height, width, channels) inputs.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        fused = keras.config.backend() == "tensorflow" and len(inputs.shape) == 4 and self.axis in (-1, 3)
        if not (fused and training and self.trainable and mask is None):
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        narrow = inputs.shape[-1] % BFLOAT16_CHANNELS != 0
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            ops.cast(inputs, "float32" if narrow else self.compute_dtype),
            tf.convert_to_tensor(self.gamma) if self.scale else tf.ones(inputs.shape[-1]),
            tf.convert_to_tensor(self.beta) if self.center else tf.zeros(inputs.shape[-1]),
            epsilon=self.epsilon,
            is_training=True,
        )
        count = tf.cast(tf.reduce_prod(tf.shape(inputs)[:3]), variance.dtype)
        biased = variance * (count - 1) / count
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, biased)):
            moving.assign(moving * self.momentum + batch * (1 - self.momentum))
        return ops.cast(outputs, self.compute_dtype)
