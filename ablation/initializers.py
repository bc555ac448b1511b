"""Lecture D's initialisers, with true fans and with the slides' mistake."""

import math
from typing import Any

import keras

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
