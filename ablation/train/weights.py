"""Weights that one training leaves to another, and those that come from outside."""

import io
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from ablation.errors import UserError
from ablation.files import write_atomically
from ablation.networks.applications import pretrained
from ablation.networks.backbones import published
from ablation.networks.graph import Graph, Problem
from ablation.recipe import Backbone, Recipe


@dataclass(frozen=True)
class Weights:
    """What a training leaves.

    Attributes:
        mean, deviation: of its input scaling, per channel.
        arrays: weights and batch statistics of each layer, by the layer's name, in the layer's order.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    arrays: dict[str, list[np.ndarray]]


def save_weights(file: Path, model: keras.Model, problem: Problem) -> None:
    """Write a trained network's weights.

    Raises:
        UserError: the folder cannot be written.
    """
    layers = {layer.name: len(layer.weights) for layer in model.layers}
    about = {"mean": problem.mean, "deviation": problem.deviation, "layers": layers}
    arrays = {}
    for layer in model.layers:
        for i, weight in enumerate(layer.weights):
            arrays[f"{layer.name}.{i}"] = ops.convert_to_numpy(weight.value)
    buffer = io.BytesIO()
    np.savez(buffer, about=np.array(json.dumps(about)), **arrays)
    write_atomically(file, buffer.getvalue())


def load_weights(file: Path) -> Weights:
    """What `save_weights` wrote.

    Raises:
        OSError, ValueError: it is not such a file.
    """
    with np.load(file, allow_pickle=False) as content:
        about = json.loads(str(content["about"]))
        arrays = {
            name: [content[f"{name}.{i}"] for i in range(count)] for name, count in about["layers"].items()
        }
        return Weights(tuple(about["mean"]), tuple(about["deviation"]), arrays)


def are_weights(file: Path, layers: Mapping[str, int]) -> bool:
    """Whether a file is one that `save_weights` wrote of such a network, whole.

    Args:
        file: any.
        layers: how many numbers each layer holds, by its name; those that hold none may be left out.
    """
    try:
        weights = load_weights(file)
    except Exception:  # a damaged archive raises nearly anything
        return False
    there = {name: sum(array.size for array in arrays) for name, arrays in weights.arrays.items()}
    if {name: size for name, size in there.items() if size} != {
        k: size for k, size in layers.items() if size
    }:
        return False
    return all(np.isfinite(array).all() for arrays in weights.arrays.values() for array in arrays)


def take_over(model: keras.Model, weights: Weights, recipe: Recipe, written: Graph) -> None:
    """Start a network from another training's weights: from all of them after a warm-up, else from the body's.

    Args:
        model: built from `recipe`.
        weights: of the training that went before.
        recipe: says whether that was a warm-up.
        written: the model's layers.
    """
    base = written.base()
    for layer in model.layers:
        if recipe.warm_up is not None or layer.name in base:
            for weight, value in zip(layer.weights, weights.arrays[layer.name], strict=True):
                weight.assign(value)


def load_backbone(model: keras.Model, backbone: Backbone, file: Path | None) -> None:
    """Give a network's backbone its published weights.

    Args:
        model: has the backbone.
        backbone: which one.
        file: that holds the weights; None takes them from Keras' cache, or fetches them.

    Raises:
        UserError: they cannot be fetched, or the file does not hold them.
    """
    if backbone.weights == "none":
        return
    layer = model.get_layer("backbone")
    shape = tuple(layer.inputs[0].shape[1:])
    if file is None:
        layer.set_weights(fetch(backbone.name, shape))
        return
    try:
        with warnings.catch_warnings():
            # Keras leaves out what it does not find in the file, with a warning
            warnings.simplefilter("error")
            layer.set_weights(pretrained(backbone.name, shape, file))
    except Exception as error:  # a file that is none of the three forms raises nearly anything
        raise UserError(
            f"--weights {file.name}: expected the weights of {backbone.name} without its head as .h5, .weights.h5 or "
            f".keras ({' '.join(str(error).split())[:200]})"
        ) from error


def fetch(name: str, shape: tuple[int, ...] = ()) -> list[np.ndarray]:
    """ImageNet's weights of a network of `keras.applications`, in the order of its layers.

    Args:
        name: of the network.
        shape: of its images; the smallest that it takes where not given.

    Raises:
        UserError: they are not in Keras' cache and cannot be fetched.
    """
    least = published(name).least
    try:
        return pretrained(name, shape or (least, least, 3), None)
    except Exception as error:
        raise UserError(
            f"ImageNet's weights of {name} cannot be fetched ({' '.join(str(error).split())[:200]}); "
            "name their file with --weights FILE"
        ) from error
