"""Learning-rate schedules that Keras lacks."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

MONITORS = ("val_loss", "val_accuracy", "loss", "accuracy")


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


class ReduceOnPlateau:
    """A rate that is cut when a curve rests: `keras.callbacks.ReduceLROnPlateau`, from the epochs' rows alone.

    Nothing is kept between epochs, so an interrupted training goes on exactly. An epoch is better where the curve is
    better than its best by more than `min_delta`. After `patience` epochs in a row without a better one the rate is
    multiplied by `factor`; the next `cooldown` epochs do not count.

    Args:
        initial_learning_rate: of the first epoch.
        factor: of each cut, above 0 and under 1.
        patience: epochs, from 1.
        monitor: `val_loss`, `val_accuracy`, `loss` or `accuracy`; a loss should fall, an accuracy rise.
        min_delta: from 0.
        cooldown: epochs, from 0.
        min_rate: the rate does not fall below it.

    Raises:
        ValueError: one is out of its range.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        factor: float = 0.1,
        patience: int = 10,
        monitor: str = "val_loss",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_rate: float = 0.0,
    ) -> None:
        if not 0 < factor < 1:
            raise ValueError(f"`factor` must be above 0 and under 1. Received: {factor}")
        if monitor not in MONITORS:
            raise ValueError(f"`monitor` must be one of {', '.join(MONITORS)}. Received: {monitor}")
        if not patience >= 1:
            raise ValueError(f"`patience` must be 1 or more. Received: {patience}")
        for name, value in (("min_delta", min_delta), ("cooldown", cooldown), ("min_rate", min_rate)):
            if not value >= 0:
                raise ValueError(f"`{name}` must be 0 or more. Received: {value}")
        self.initial_learning_rate = initial_learning_rate
        self.factor, self.patience, self.monitor = factor, patience, monitor
        self.min_delta, self.cooldown, self.min_rate = min_delta, cooldown, min_rate

    def rate(self, epochs: Sequence[Mapping[str, float]]) -> float:
        """The rate of the epoch that follows these."""
        sign = -1 if self.monitor.endswith("accuracy") else 1
        rate, best, waited, resting = self.initial_learning_rate, math.inf, 0, 0
        for epoch in epochs:
            now = sign * epoch[self.monitor]
            if resting:
                resting, waited = resting - 1, 0
            if now < best - self.min_delta:
                best, waited = now, 0
            elif not resting:
                waited += 1
                if waited >= self.patience and rate > self.min_rate:
                    rate, waited, resting = max(rate * self.factor, self.min_rate), 0, self.cooldown
        return rate
