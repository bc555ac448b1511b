"""A dense layer that drops weights instead of activations."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class DropConnectDense(keras.layers.Dense):
    """`keras.layers.Dense` whose weights are zero with probability `rate`, in training only.

    The weights that stay are divided by 1 - rate, so the expected output is that of the whole kernel, which
    serves at inference. All images of a step share one mask; Wan et al. 2013 draw one an image (at batch
    times the work) and average over Gaussian draws of the pre-activations at inference.

    Args:
        units: as in `keras.layers.Dense`, like every argument not named here.
        rate: probability that a weight is dropped, 0 to below 1. Biases are never dropped.
        seed: of this layer's random stream.

    Call arguments:
        inputs: (batch, features).
        training: without it this is a dense layer.
    """

    def __init__(self, units: int, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.rate, self.seed = rate, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return super().call(inputs)
        kernel = keras.random.dropout(ops.cast(self.kernel, inputs.dtype), self.rate, seed=self.generator)
        x = ops.matmul(inputs, kernel)
        if self.bias is not None:
            x = x + ops.cast(self.bias, x.dtype)
        return x if self.activation is None else self.activation(x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
