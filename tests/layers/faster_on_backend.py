"""Runs layers that are computed otherwise than Keras', and Keras' own, on the backend of KERAS_BACKEND.

Writes to the .npz file named, for every case its output and a gradient a variable: `ours`, `plain` and, of
convolutions, `exact`: Keras' own in float32 on the numbers that the policy rounds to.
"""

import sys

import keras
import ml_dtypes
import numpy as np

from ablation.layers.activation import Activation
from ablation.layers.conv2d import Conv2D

POLICIES = ("float32", "mixed_bfloat16")
CONVOLUTIONS = {  # height, width, channels, filters, kernel
    "square": (7, 7, 64, 48, 3),
    "oblong": (3, 8, 80, 32, (3, 5)),
    "pixel": (1, 2, 64, 32, 3),
    "large": (12, 12, 64, 32, 3),
    "few": (7, 7, 8, 16, 3),
}


def points() -> np.ndarray:
    """Where GELU is looked at: far tails, and the middle finely."""
    return np.concatenate([np.linspace(-30, 30, 601), np.linspace(-4, 4, 423)]).astype("float32")[None]


def rounded(numbers: np.ndarray, policy: str) -> np.ndarray:
    """As a policy computes with them, in float32."""
    return (numbers if policy == "float32" else numbers.astype(ml_dtypes.bfloat16)).astype("float32")


def values(layer: keras.layers.Layer, inputs: np.ndarray, upstream: np.ndarray) -> dict[str, np.ndarray]:
    """A compiled layer's output, and the gradients of sum(output * upstream) by input and kernel, float32."""
    if keras.config.backend() == "jax":
        import jax

        def weighted(weights: list, x: jax.Array) -> tuple:
            output, _ = layer.stateless_call(weights, [], x)
            return (output.astype("float32") * upstream).sum(), output

        call = jax.jit(jax.grad(weighted, argnums=(0, 1), has_aux=True))
        (by_weights, by_input), output = call([one.value for one in layer.trainable_variables], inputs)
    else:
        import tensorflow as tf

        @tf.function(input_signature=[tf.TensorSpec((None, *inputs.shape[1:]))])
        def call(x: tf.Tensor) -> tuple:
            weights = [one.value for one in layer.trainable_variables]
            with tf.GradientTape() as tape:
                tape.watch(x)
                output = layer(x)
                loss = tf.reduce_sum(tf.cast(output, "float32") * upstream)
            return output, *tape.gradient(loss, [x, *weights])

        output, by_input, *by_weights = call(inputs)
    found = {"output": output, "by_input": by_input, **{f"by_{i}": one for i, one in enumerate(by_weights)}}
    return {name: keras.ops.convert_to_numpy(keras.ops.cast(one, "float32")) for name, one in found.items()}


def figures() -> dict[str, np.ndarray]:
    found, draw = {}, np.random.default_rng(0)
    for policy in POLICIES:
        inputs, cases = points(), {}
        kinds = {"ours": Activation, "plain": keras.layers.Activation}
        cases["gelu"] = (
            {name: kind("gelu", dtype=policy) for name, kind in kinds.items()},
            inputs,
            inputs * 0 + 1,
        )
        for name, (height, width, channels, filters, side) in CONVOLUTIONS.items():
            inputs = draw.normal(size=(6, height, width, channels)).astype("float32")
            upstream = draw.normal(size=(6, height, width, filters)).astype("float32")
            layers = {
                one: kind(filters, side, padding="same", use_bias=False, dtype=policy)
                for one, kind in (("ours", Conv2D), ("plain", keras.layers.Conv2D))
            }
            layers["exact"] = keras.layers.Conv2D(
                filters, side, padding="same", use_bias=False, dtype="float32"
            )
            kernel = draw.normal(size=(*layers["ours"].kernel_size, channels, filters)) / 8
            inputs, upstream, kernel = (rounded(one, policy) for one in (inputs, upstream, kernel))
            for layer in layers.values():
                layer.build(inputs.shape)
                layer.kernel.assign(kernel)
            cases[name] = layers, inputs, upstream
        for name, (layers, inputs, upstream) in cases.items():
            for one, layer in layers.items():
                for what, array in values(layer, inputs, upstream).items():
                    found[f"{policy}/{name}/{what}/{one}"] = array
    return found


if __name__ == "__main__":
    np.savez(sys.argv[1], **figures())
