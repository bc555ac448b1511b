"""Gradients to look at, on every backend; nothing here changes the learner."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ablation.engine.learner import Learner
from ablation.networks.layout import Node

Arrays = dict[str, np.ndarray]


def gradients(learner: Learner, images: np.ndarray, labels: np.ndarray) -> Arrays:
    """Gradient of one training batch's loss, penalties included, for every trainable variable.

    Args:
        learner: its random streams are drawn from but not moved on.
        images: uint8 (batch, height, width, channels).
        labels: int32 (batch,).

    Returns:
        Arrays of the variables' shapes by their paths: `block1_conv1/kernel`.
    """

    def loss(weights: Sequence[Any]) -> tuple[Any, dict[str, Any]]:
        with keras.StatelessScope(state_mapping=list(zip(learner.trainable, weights, strict=True))):
            return learner.objective(ops.convert_to_tensor(images), ops.convert_to_tensor(labels))[0], {}

    found, _ = _gradient(loss, [variable.value for variable in learner.trainable])
    return {variable.path: array for variable, array in zip(learner.trainable, found, strict=True)}


def layer_signals(
    learner: Learner, nodes: Sequence[Node], images: np.ndarray, labels: np.ndarray
) -> tuple[Arrays, Arrays]:
    """What goes forward and comes back through every layer in training mode.

    Args:
        learner: as for `gradients`.
        nodes: of its network.
        images: uint8 (batch, height, width, channels).
        labels: int32 (batch,).

    Returns:
        By node name, arrays (batch, *node.shape): the layers' outputs, and the gradients of each image's own
        cross-entropy with respect to them.
    """

    def loss(probes: Sequence[Any]) -> tuple[Any, dict[str, Any]]:
        outputs: dict[str, Any] = {}
        image = ops.cast(images, "float32")
        with keras.StatelessScope():
            for node, probe in zip(nodes, probes, strict=True):
                inputs = [outputs[name] for name in node.inputs] or [image]
                layer = learner.model.get_layer(node.name)
                x = layer(inputs[0] if len(inputs) == 1 else inputs, training=True)
                outputs[node.name] = x + ops.cast(probe, x.dtype)
            logits = outputs[nodes[-1].name]
            return ops.sum(ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)), outputs

    found, outputs = _gradient(loss, [ops.zeros((len(images), *node.shape)) for node in nodes])
    backward = {node.name: array for node, array in zip(nodes, found, strict=True)}
    return {name: ops.convert_to_numpy(x).astype(np.float32) for name, x in outputs.items()}, backward


def _gradient(
    function: Callable[[Sequence[Any]], tuple[Any, dict[str, Any]]], values: Sequence[Any]
) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Gradient of a function's first result, zero where it depends not on a tensor, and its second result."""
    backend = keras.config.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tensors = [tf.convert_to_tensor(value) for value in values]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            result, rest = function(tensors)
        found = tape.gradient(result, tensors, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    elif backend == "jax":
        import jax

        found, rest = jax.jit(jax.grad(function, has_aux=True))(list(values))
    else:
        import torch

        tensors = [value.detach().clone().requires_grad_() for value in values]
        result, rest = function(tensors)
        found = torch.autograd.grad(result, tensors, allow_unused=True, materialize_grads=True)
    return [np.asarray(ops.convert_to_numpy(array), np.float32) for array in found], rest
