"""Initialisers that Keras lacks: lecture D's, with true fans and with the slides' mistake, and the identity."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

GAINS = {"sigmoid": 1.0, "tanh": 4.0, "relu": math.sqrt(2)}


@keras.saving.register_keras_serializable("ablation")
class LectureXavier(keras.initializers.Initializer):
    """N(0, sqrt(2 / (n_in + n_out))), Glorot and Bengio 2010 with a normal distribution.

    Args:
        corrected: fans of a convolution are kernel area times channels. Otherwise n_in + n_out is read off as
            shape[0] + shape[1] as on the slides, which for a convolution's kernel is its height plus its
            width.
        seed: of the weights.
    """

    gain = 1.0

    def __init__(self, corrected: bool = True, seed: int | None = None) -> None:
        self.corrected, self.seed = corrected, seed

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        stddev = self.gain * math.sqrt(2 / self._fans(shape))
        return keras.random.normal(shape, stddev=stddev, dtype=dtype, seed=self.seed)

    def _fans(self, shape: tuple[int, ...]) -> int:
        if not self.corrected:
            return shape[0] + shape[1]
        return math.prod(shape[:-2]) * (shape[-2] + shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {"corrected": self.corrected, "seed": self.seed}


@keras.saving.register_keras_serializable("ablation")
class LectureHe(LectureXavier):
    """gain * Xavier with a gain of 1 for sigmoid, 4 for tanh and sqrt 2 for ReLU, as lecture D has it.

    Args:
        activation: `sigmoid`, `tanh` or `relu`.
        corrected, seed: as in `LectureXavier`.

    Raises:
        ValueError: another activation.
    """

    def __init__(self, activation: str = "relu", corrected: bool = True, seed: int | None = None) -> None:
        super().__init__(corrected, seed)
        if activation not in GAINS:
            raise ValueError(f"`activation` must be one of {', '.join(GAINS)}. Received: {activation!r}")
        self.activation, self.gain = activation, GAINS[activation]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": self.activation}


@keras.saving.register_keras_serializable("ablation")
class Dirac(keras.initializers.Initializer):
    """A convolution that begins by handing its input on (Zagoruyko and Komodakis 2017, as Jordan 2024 has it).

    Of its filters the first as many as it has input channels copy one channel each; the rest, and the weights of dense
    layers, are uniform within +-1 / sqrt(fan in).

    Args:
        seed: of the random weights.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        limit = 1 / math.sqrt(math.prod(shape[:-1]))
        random = keras.random.uniform(shape, -limit, limit, dtype=dtype, seed=self.seed)
        if len(shape) != 4:
            return random
        height, width, channels, filters = shape
        identity = np.zeros(shape, "float32")
        copied = np.arange(min(channels, filters))
        identity[height // 2, width // 2, copied, copied] = 1
        first = np.arange(filters) < len(copied)
        return ops.where(first, ops.cast(identity, random.dtype), random)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}
