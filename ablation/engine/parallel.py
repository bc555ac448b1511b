"""One trial on several devices: each takes an equal share of every batch, and all take the same step.

The batch size is the recipe's, shared out among the devices; the learning rate is the recipe's, unchanged. What a
layer draws or measures over a batch is the whole batch's on JAX, and on TensorFlow that of the device's own share
(`ablation.engine.mirrored`).
"""

import contextlib
from collections.abc import Iterable
from contextlib import AbstractContextManager

import keras

from ablation.errors import UserError


def device_count(batch_sizes: Iterable[int]) -> int:
    """How many devices share a trial: all GPUs, or all logical CPU devices where there is none.

    Args:
        batch_sizes: of the trials that are to be trained.

    Raises:
        UserError: there is one device only, the backend has no data parallelism here, or a batch cannot be shared
            out evenly.
    """
    backend = keras.config.backend()
    if backend == "torch":
        raise UserError("--strategy data-parallel: expected KERAS_BACKEND tensorflow or jax, found torch")
    if backend == "jax":
        from ablation.engine.sharded import devices
    else:
        from ablation.engine.mirrored import devices
    count = len(devices())
    if count < 2:
        raise UserError(f"--strategy data-parallel: expected two devices or more, found one ({devices()[0]})")
    for size in batch_sizes:
        if size % count:
            raise UserError(
                f"--strategy data-parallel: expected batches of a multiple of {count} images, one share for each "
                f"device, found {size}"
            )
    return count


def on_devices(count: int) -> AbstractContextManager:
    """Where a learner is made whose variables that many devices hold, each a copy of its own."""
    if count == 1:
        return contextlib.nullcontext()
    if keras.config.backend() == "jax":
        from ablation.engine.sharded import distribution

        return distribution(count).scope()
    from ablation.engine.mirrored import strategy

    return strategy(count).scope()
