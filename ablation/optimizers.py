"""Optimizers computed by the backend's fused kernels."""

from typing import Any

import keras
from keras import ops

from ablation.keras_private import moments


@keras.saving.register_keras_serializable("ablation")
class Adam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` (Kingma and Ba 2015), one kernel a variable where TensorFlow has it.

    Keras composes the update of a dozen elementwise operations, which in small networks take a fifth of a step. Same
    variables, same numbers to rounding; plain Keras on other backends and for `amsgrad`.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if keras.config.backend() != "tensorflow" or self.amsgrad:
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        step = ops.cast(self.iterations + 1, variable.dtype)
        momentum, velocity = moments(self, variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=momentum.value.handle,
            v=velocity.value.handle,
            beta1_power=ops.power(ops.cast(self.beta_1, variable.dtype), step),
            beta2_power=ops.power(ops.cast(self.beta_2, variable.dtype), step),
            lr=ops.cast(learning_rate, variable.dtype),
            beta1=ops.cast(self.beta_1, variable.dtype),
            beta2=ops.cast(self.beta_2, variable.dtype),
            epsilon=ops.cast(self.epsilon, variable.dtype),
            grad=ops.cast(gradient, variable.dtype),
        )
