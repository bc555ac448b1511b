"""Gradients to look at, on every backend; nothing here changes the learner."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ablation.engine.learner import Learner
from ablation.networks.graph import Graph
from ablation.networks.layout import Node

Arrays = dict[str, np.ndarray]
FINEST = 8


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


def activation_maps(
    learner: Learner, written: Graph, images: np.ndarray, classes: np.ndarray
) -> np.ndarray | None:
    """Where a network looks for a class: Grad-CAM (Selvaraju et al. 2017, section 3, arXiv:1610.02391).

    The gradient of the class's logit with respect to the last feature map that still has places, averaged over
    these, weighs the map's channels; what is negative of their sum is cut off.

    Args:
        learner: in inference mode; nothing of it changes.
        written: its network.
        images: uint8 (n, height, width, channels).
        classes: int (n,), the class asked about for each image.

    Returns:
        uint8 (n, rows, columns), each image's strongest place 255, or all 0 where nothing speaks for the class; of a
        map with a side over 8, means of neighbours. None where the network has no such map (`Graph.last_map`).
    """
    last = written.last_map
    if last is None:
        return None
    at = next(i for i, node in enumerate(written.nodes) if node.name == last.name) + 1

    def run(nodes: Sequence[Node], outputs: dict[str, Any]) -> dict[str, Any]:
        for node in nodes:
            inputs = [outputs[name] for name in node.inputs] or [ops.cast(images, "float32")]
            layer = learner.model.get_layer(node.name)
            outputs[node.name] = layer(inputs[0] if len(inputs) == 1 else inputs, training=False)
        return outputs

    def logit(features: Sequence[Any]) -> tuple[Any, dict[str, Any]]:
        logits = run(written.nodes[at:], {last.name: features[0]})[written.head[-1].name]
        return ops.sum(logits * ops.one_hot(classes, logits.shape[-1], dtype=logits.dtype)), {}

    features = ops.cast(run(written.nodes[:at], {})[last.name], "float32")
    (gradient,), _ = _gradient(logit, [features])
    weights = gradient.mean(axis=(1, 2), keepdims=True)
    maps = np.maximum((weights * ops.convert_to_numpy(features)).sum(axis=-1), 0)
    maps = _coarser(_coarser(maps, 1), 2)
    strongest = maps.max(axis=(1, 2), keepdims=True)
    return np.rint(255 * maps / np.where(strongest > 0, strongest, 1)).astype(np.uint8)


def _coarser(maps: np.ndarray, axis: int) -> np.ndarray:
    """An axis cut into at most `FINEST` parts, each the mean of its places."""
    parts = np.array_split(maps, min(FINEST, maps.shape[axis]), axis)
    return np.stack([part.mean(axis=axis) for part in parts], axis)


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
