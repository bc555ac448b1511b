"""Networks of `keras.applications` as the body of a network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ablation.networks.backbones import FIRST_LAYER
from ablation.networks.make import make
from ablation.networks.seeded import seeded
from ablation.recipe import Layer


def make_application(spec: Layer, seed: int, purpose: str, name: str, dtype: str) -> keras.Model:
    """The network of a spec, without its head, with weights of its own initialisers.

    Args:
        spec: `keras.applications.NAME` with the images' shape.
        seed: initial weights and random streams follow from it, in the order in which Keras makes the layers.
        purpose: which stream of the seed.
        name: of the model.
        dtype: policy of its layers.
    """
    with seeded(seed, purpose, dtype):
        return _body(make(spec, seed, purpose), spec.kind, name)


def pretrained(name: str, shape: tuple[int, ...], file: Path | None) -> list[np.ndarray]:
    """The published weights of a network, in the order of `make_application`'s.

    Args:
        name: of the network.
        shape: of the images.
        file: `.h5`, `.weights.h5` or `.keras` with all weights but the head's; None has Keras fetch ImageNet's.

    Raises:
        Exception: of nearly any kind: they cannot be fetched, or the file holds others.
    """
    of_name: Callable[..., keras.Model] = getattr(keras.applications, name)
    weights = "imagenet" if file is None else None
    whole = of_name(include_top=False, weights=weights, input_shape=shape)
    if file is not None:
        whole.load_weights(file)
    return _body(whole, name, name).get_weights()


def _body(whole: Any, kind: str, name: str) -> keras.Model:
    """A network under another name, from its first layer of weights where its preprocessing is taken off."""
    first = whole.inputs[0] if kind not in FIRST_LAYER else whole.get_layer(FIRST_LAYER[kind]).input
    return keras.Model(first, whole.outputs[0], name=name)
