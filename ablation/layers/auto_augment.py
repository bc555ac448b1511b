"""AutoAugment: the policy learned on CIFAR-10."""

from typing import Any

import keras
import numpy as np
from keras import ops

from ablation.layers.image_operations import ENHANCEMENTS, OPERATIONS, operate

# Cubuk et al. 2019, table 7: 25 sub-policies of two operations (name, probability, magnitude 0-9).
CIFAR10_POLICY = (
    (("invert", 0.1, 7), ("contrast", 0.2, 6)),
    (("rotate", 0.7, 2), ("translate_x", 0.3, 9)),
    (("sharpness", 0.8, 1), ("sharpness", 0.9, 3)),
    (("shear_y", 0.5, 8), ("translate_y", 0.7, 9)),
    (("auto_contrast", 0.5, 8), ("equalize", 0.9, 2)),
    (("shear_y", 0.2, 7), ("posterize", 0.3, 7)),
    (("color", 0.4, 3), ("brightness", 0.6, 7)),
    (("sharpness", 0.3, 9), ("brightness", 0.7, 9)),
    (("equalize", 0.6, 5), ("equalize", 0.5, 1)),
    (("contrast", 0.6, 7), ("sharpness", 0.6, 5)),
    (("color", 0.7, 7), ("translate_x", 0.5, 8)),
    (("equalize", 0.3, 7), ("auto_contrast", 0.4, 8)),
    (("translate_y", 0.4, 3), ("sharpness", 0.2, 6)),
    (("brightness", 0.9, 6), ("color", 0.2, 8)),
    (("solarize", 0.5, 2), ("invert", 0.0, 3)),
    (("equalize", 0.2, 0), ("auto_contrast", 0.6, 0)),
    (("equalize", 0.2, 8), ("equalize", 0.6, 4)),
    (("color", 0.9, 9), ("equalize", 0.6, 6)),
    (("auto_contrast", 0.8, 4), ("solarize", 0.2, 8)),
    (("brightness", 0.1, 3), ("color", 0.7, 0)),
    (("solarize", 0.4, 5), ("auto_contrast", 0.9, 3)),
    (("translate_y", 0.9, 9), ("translate_y", 0.7, 9)),
    (("auto_contrast", 0.9, 2), ("solarize", 0.8, 3)),
    (("equalize", 0.8, 8), ("invert", 0.1, 3)),
    (("translate_y", 0.7, 9), ("auto_contrast", 0.9, 1)),
)


@keras.saving.register_keras_serializable("ablation")
class AutoAugment(keras.layers.Layer):
    """Applies to each image one of 25 sub-policies, in training only.

    Cubuk et al. 2019 found them by a search on CIFAR-10. A sub-policy is two operations in a row, each with
    its own probability. Shifts, shears and rotations go either way with equal chance.

    Args:
        seed: of this layer's random stream.

    Call arguments:
        inputs: images (batch, height, width, channels) of 0-255, at least 3x3 pixels.
        training: without it the layer is the identity.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        shape = (ops.shape(inputs)[0], 2)
        policy = keras.random.randint(shape[:1], 0, len(CIFAR10_POLICY), seed=self.generator)
        luck = keras.random.uniform(shape, dtype="float32", seed=self.generator)
        signs = 2 * keras.random.randint(shape, 0, 2, seed=self.generator) - 1
        drawn = [ops.take(table, policy, axis=0) for table in _tables()]
        operations, probabilities, strengths, signed = drawn
        operations = ops.where(luck < probabilities, operations, OPERATIONS.index("identity"))
        strengths = ops.where(signed, strengths * ops.cast(signs, "float32"), strengths)
        x = ops.cast(inputs, "float32")
        for turn in range(2):
            x = operate(x, operations[:, turn], strengths[:, turn])
        return ops.cast(x, inputs.dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


def _tables() -> tuple[np.ndarray, ...]:
    """Operation, probability, strength as `operate` counts it, and whether its sign is drawn; each (25, 2).

    Magnitude m of an enhancement is the factor 0.1 + 0.18 m, of all else m tenths of the range.
    """
    names, probabilities, magnitudes = np.moveaxis(np.array(CIFAR10_POLICY, dtype=object), 2, 0)
    enhances = np.isin(names.astype(str), ENHANCEMENTS)
    magnitudes = magnitudes.astype("float32")
    return (
        np.vectorize(OPERATIONS.index)(names).astype("int32"),
        probabilities.astype("float32"),
        np.where(enhances, magnitudes / 5 - 1, magnitudes / 10).astype("float32"),
        ~enhances,
    )
