"""Learning-rate schedules that Keras lacks."""

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class WarmUpCosineDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A straight rise to the peak, then half a cosine down to zero (Loshchilov and Hutter 2017, equation 5).

    `keras.optimizers.schedules.CosineDecay` counts the warm-up beside the decay and wants two rates.

    Args:
        initial_learning_rate: the peak.
        total_steps: of the whole training, warm-up included.
        warmup_steps: before the peak; step t of them, from 0, has the rate peak * (t + 1) / warmup_steps.
    """

    def __init__(self, initial_learning_rate: float, total_steps: int, warmup_steps: int = 0) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.total_steps, self.warmup_steps = total_steps, warmup_steps

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        done = (step - self.warmup_steps) / max(1, self.total_steps - self.warmup_steps)
        decayed = (1 + ops.cos(math.pi * ops.clip(done, 0.0, 1.0))) / 2
        risen = (step + 1) / max(1, self.warmup_steps)
        return self.initial_learning_rate * ops.where(step < self.warmup_steps, risen, decayed)

    def get_config(self) -> dict[str, Any]:
        names = ("initial_learning_rate", "total_steps", "warmup_steps")
        return {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable("ablation")
class Triangle(keras.optimizers.schedules.LearningRateSchedule):
    """A straight rise to the peak and a straight fall from it (Jordan 2024; slanted: Howard and Ruder 2018).

    Args:
        initial_learning_rate: the peak.
        total_steps: of the whole training.
        peak_step: with which the peak is reached; step t counts from 0.
        start, end: of the first step and behind the last one, as shares of the peak.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        total_steps: int,
        peak_step: int,
        start: float = 0.0,
        end: float = 0.0,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.total_steps, self.peak_step = total_steps, peak_step
        self.start, self.end = start, end

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        risen = self.start + (1 - self.start) * step / max(1, self.peak_step)
        fallen = (step - self.peak_step) / max(1, self.total_steps - self.peak_step)
        share = ops.where(step < self.peak_step, risen, 1 - (1 - self.end) * ops.minimum(fallen, 1.0))
        return self.initial_learning_rate * share

    def get_config(self) -> dict[str, Any]:
        names = ("initial_learning_rate", "total_steps", "peak_step", "start", "end")
        return {name: getattr(self, name) for name in names}
