"""All that this project takes from Keras and JAX beside their public interfaces; tests hold it to pinned versions."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import keras


def set_value(variable: keras.Variable, value: Any) -> None:
    """Make a backend's array a variable's value, without a copy: JAX's step has used up the old one's memory."""
    variable._value = value


def torch_device() -> str:
    """The device that Keras puts PyTorch's tensors on."""
    from keras.src.backend.torch.core import get_device

    return get_device()


def jax_has_begun() -> bool:
    """Whether JAX has started its backends in this process, which settles their threads."""
    from jax._src.xla_bridge import backends_are_initialized

    return backends_are_initialized()


class StepByStep:
    """Has an optimizer go through `update_step`: on PyTorch Keras moves all variables of most optimizers at once."""

    def _backend_update_step(self, gradients: Sequence[Any], variables: Sequence[Any], rate: Any) -> None:
        if keras.config.backend() != "torch":
            super()._backend_update_step(gradients, variables, rate)  # type: ignore[misc]
            return
        for gradient, variable in zip(gradients, variables, strict=True):
            self.update_step(gradient, variable, rate)  # type: ignore[attr-defined]


def clipped(optimizer: keras.optimizers.Optimizer, gradients: Sequence[Any]) -> Sequence[Any]:
    """Gradients as the optimizer clips them before it applies them."""
    return optimizer._clip_gradients(gradients)


def apply_scaled(
    optimizer: keras.optimizers.LossScaleOptimizer, gradients: Sequence[Any], variables: Sequence[Any]
) -> None:
    """Its step where no replica takes part, which Keras refuses on TensorFlow though one device needs none."""
    optimizer._common_apply(gradients, variables)


def innermost(layer: keras.layers.Layer) -> Iterator[tuple[keras.layers.Layer, bool]]:
    """A layer and all within it, at any depth, and of each whether it holds no other."""
    for one in layer._flatten_layers():
        yield one, not one._layers


def operation_of(tensor: keras.KerasTensor) -> Any:
    """The layer, or other operation, that a symbolic tensor comes out of."""
    return tensor._keras_history.operation


def calls_of(model: keras.Model) -> Iterator[tuple[Any, list[tuple[int, ...]], list[tuple[int, ...]]]]:
    """Every call of an operation in a functional model: the operation, shapes of its inputs and of its outputs.

    Shapes are without the batch. Of a model within the model its own calls are given.
    """
    functional = keras.Model(model.inputs, model.outputs) if isinstance(model, keras.Sequential) else model
    for node in itertools.chain.from_iterable(functional._nodes_by_depth.values()):
        if isinstance(node.operation, keras.Model):
            yield from calls_of(node.operation)
        elif node.arguments.keras_tensors:
            inputs, outputs = (
                [tuple(one.shape[1:]) for one in tensors]
                for tensors in (node.arguments.keras_tensors, node.output_tensors)
            )
            yield node.operation, inputs, outputs


def moments(optimizer: keras.optimizers.Adam, variable: keras.Variable) -> tuple[Any, Any]:
    """Adam's running averages of a variable's gradient and of its square, as Keras variables."""
    index = optimizer._get_variable_index(variable)
    return optimizer._momentums[index], optimizer._velocities[index]


def leave_tensorflow_alone() -> None:
    """Keep Keras from loading TensorFlow on another backend, only to ask whether an object is one of its."""
    from keras.src.utils import module_utils

    if keras.config.backend() != "tensorflow" and module_utils.tensorflow._available is None:
        module_utils.tensorflow._available = False
