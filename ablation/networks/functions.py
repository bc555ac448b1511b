"""Networks that a plain Keras function makes: `(input_shape, classes) -> keras.Model`, a file of the user's own."""

from typing import Any

import keras

from ablation.keras_private import operation_of
from ablation.networks.make import class_of
from ablation.networks.seeded import seeded
from ablation.recipe import Layer

SOFTMAX, LOGITS = "softmax", ("linear", "log_softmax")


def make_function(spec: Layer, seed: int, purpose: str, name: str, dtype: str) -> keras.Model:
    """The network of a function, from images (batch, height, width, channels) to logits (batch, classes).

    Initial weights and random streams follow from the seed, and from the order in which the function makes its layers.
    A softmax at its end is taken away, since trainings here start from logits.

    Args:
        spec: names the function; its options are what it is called with.
        seed: of the trial.
        purpose: which stream of the seed.
        name: of the model.
        dtype: policy of the layers that name none.

    Raises:
        ValueError: it gives no such network, or one that ends in something else.
    """
    function = class_of(spec)
    with seeded(seed, purpose, dtype):
        model = function(tuple(spec.options["input_shape"]), spec.options["classes"])
        return _named(_checked(model, spec), name)


def _checked(model: Any, spec: Layer) -> keras.Model:
    shape, classes = tuple(spec.options["input_shape"]), spec.options["classes"]
    if not isinstance(model, keras.Model):
        raise ValueError(f"{spec.kind}: expected a keras.Model of it, found {type(model).__name__}")
    if isinstance(model, keras.Sequential) and not model.built:
        model.build((None, *shape))
    outputs = getattr(model, "outputs", None)
    if not outputs:
        raise ValueError(
            f"{spec.kind}: expected a Sequential or functional model, found {type(model).__name__}"
        )
    found = [tuple(one.shape) for one in (*model.inputs, *outputs)]
    if found != [(None, *shape), (None, classes)]:
        raise ValueError(
            f"{spec.kind}: expected a model from {(None, *shape)} to {(None, classes)}, found one of {found}"
        )
    return model


def _named(model: keras.Model, name: str) -> keras.Model:
    """The model under another name, up to its logits."""
    output = model.outputs[0]
    last = operation_of(output)
    inner = last
    while isinstance(inner, keras.Model):
        inner = operation_of(inner.outputs[0])
    if type(inner).__name__ == "Softmax":
        if inner is not last:
            raise ValueError("expected a softmax in the outermost model, or none")
        output = inner.input
    elif (activation := getattr(inner, "activation", None)) is not None:
        kind = keras.activations.serialize(activation)
        if kind == SOFTMAX:
            inner.activation = keras.activations.linear
        elif kind not in LOGITS:
            raise ValueError(f"expected logits or a softmax at the network's end, found {kind}")
    return keras.Model(model.inputs, output, name=name)
