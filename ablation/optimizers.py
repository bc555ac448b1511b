"""Optimizers computed by the backend's fused kernels, and steps that differ by kind of weight."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from ablation.keras_private import StepByStep, moments


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


@keras.saving.register_keras_serializable("ablation")
class Momentum(keras.optimizers.SGD):
    """SGD whose momentum sums gradients up, not steps (Sutskever et al. 2013, as PyTorch has it).

    m = momentum * m + g and w -= rate * m, or with Nesterov w -= rate * (g + momentum * m). Keras' SGD has the rate
    within m, so that there a falling rate works later. One kernel a variable where TensorFlow has it.

    Args:
        momentum: weight of the past, above 0.
        nesterov: whether to look one step ahead.
    """

    def __init__(self, learning_rate: Any = 0.01, momentum: float = 0.9, nesterov: bool = False, **more: Any):
        super().__init__(learning_rate=learning_rate, momentum=momentum, nesterov=nesterov, **more)
        if not momentum:
            raise ValueError(f"`momentum` must be above 0. Received: {momentum}")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        rate, gradient = ops.cast(learning_rate, variable.dtype), ops.cast(gradient, variable.dtype)
        past = self.momentums[self._get_variable_index(variable)]
        if keras.config.backend() == "tensorflow":
            import tensorflow as tf

            tf.raw_ops.ResourceApplyMomentum(
                var=variable.handle,
                accum=past.value.handle,
                lr=rate,
                grad=gradient,
                momentum=ops.cast(self.momentum, variable.dtype),
                use_nesterov=self.nesterov,
            )
            return
        summed = past * self.momentum + gradient
        self.assign(past, summed)
        self.assign_sub(variable, rate * (gradient + self.momentum * summed if self.nesterov else summed))


class ByKind(StepByStep):
    """What `by_kind` gives an optimizer."""

    rates: Mapping[str, float]
    l2: float
    ends: Mapping[str, int]

    def build(self, variables: list[Any]) -> None:
        if not self.built:  # type: ignore[attr-defined]
            self._paths = [variable.path for variable in variables]
        super().build(variables)  # type: ignore[misc]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        path = self._paths[self._get_variable_index(variable)]  # type: ignore[attr-defined]
        rate = self.rates.get(path.rpartition("/")[2].rpartition("_")[2], 1.0)
        if self.l2:
            gradient = gradient + self.l2 / rate * variable
        before = ops.copy(variable) if path in self.ends else None
        super().update_step(gradient, variable, learning_rate * rate)  # type: ignore[misc]
        if before is not None:
            trained = self.iterations < self.ends[path]  # type: ignore[attr-defined]
            self.assign(variable, ops.where(trained, ops.copy(variable), before))  # type: ignore[attr-defined]


CLASSES: dict[type, type] = {}


def _by_kind(base: type) -> type:
    return CLASSES.setdefault(base, type(base.__name__, (ByKind, base), {}))


def by_kind(
    optimizer: keras.optimizers.Optimizer, rates: Mapping[str, float], l2: float, ends: Mapping[str, int]
) -> keras.optimizers.Optimizer:
    """The optimizer, not yet built, with steps that differ by kind of weight.

    Args:
        optimizer: of any class; it is changed in place.
        rates: factors on the learning rate by the last word of a variable's path: `kernel`, `bias`, `beta`.
        l2: this share of a weight, over its factor, joins its gradient.
        ends: number of steps after which a variable, by its whole path, stays as it is.
    """
    optimizer.__class__ = _by_kind(type(optimizer))
    optimizer.rates, optimizer.l2, optimizer.ends = dict(rates), l2, dict(ends)
    return optimizer
