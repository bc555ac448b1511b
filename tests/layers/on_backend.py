"""Runs every layer compiled on the backend of KERAS_BACKEND; writes what came out to the .npz file named.

For each layer `NAME` on copies of one image, in training mode, twice; and every image operation on fixed input.
"""

import sys

import keras
import numpy as np
import own_layers

from ablation.layers.image_operations import OPERATIONS, operate


def compiled(layer):
    """Call on (inputs) in training mode: jitted on JAX, as a compiled step has it; eager on torch."""
    if keras.config.backend() != "jax":
        return lambda inputs: layer(inputs, training=True)
    import jax

    def pure(values, inputs):
        mapping = list(zip(layer.variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            outputs = layer(inputs, training=True)
        return outputs, [scope.get_current_value(variable) for variable in layer.variables]

    jitted = jax.jit(pure)

    def call(inputs):
        outputs, values = jitted([variable.value for variable in layer.variables], inputs)
        for variable, value in zip(layer.variables, values, strict=True):
            variable.assign(value)
        return outputs

    return call


def main(file: str) -> None:
    out = {}
    copies = np.repeat(own_layers.images(1), own_layers.COPIES, axis=0)
    different = own_layers.images(8)
    for name in own_layers.ALL:
        batch = different if name in own_layers.ON_BATCHES else copies
        inputs = own_layers.call_arguments(name, batch)
        layer = own_layers.new(name)
        layer(inputs, training=False)
        call = compiled(layer)
        out[f"{name}/first"] = own_layers.first(call(inputs))
        out[f"{name}/second"] = own_layers.first(call(inputs))
        out[f"{name}/inference"] = own_layers.first(layer(inputs, training=False))
        low = own_layers.new(name, dtype="mixed_bfloat16")
        low(inputs, training=False)
        out[f"{name}/bfloat16"] = own_layers.first(compiled(low)(inputs)).astype("float32")
    count = len(OPERATIONS)
    operated = operate(
        np.repeat(different[:1], count, axis=0),
        np.arange(count, dtype="int32"),
        np.full(count, 0.7, "float32"),
    )
    out["operations"] = own_layers.first(operated)
    np.savez(file, **out)


if __name__ == "__main__":
    main(sys.argv[1])
