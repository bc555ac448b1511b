"""Keras' own draws, as they follow from a trial's seed: for networks that are made by a function as a whole."""

import contextlib
import random
from collections.abc import Iterator

import keras
import numpy as np

from ablation.hardware import use_own_settings
from ablation.keras_private import leave_tensorflow_alone
from ablation.streams import stream_seed


@contextlib.contextmanager
def seeded(seed: int, purpose: str, dtype: str) -> Iterator[None]:
    """Layers that are made meanwhile and name neither seed nor policy get these.

    Args:
        seed: of the trial.
        purpose: which stream of the seed.
        dtype: policy of the layers.
    """
    leave_tensorflow_alone()
    use_own_settings()
    states, policy = (random.getstate(), np.random.get_state()), keras.config.dtype_policy()
    keras.utils.set_random_seed(stream_seed(seed, purpose))
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
        random.setstate(states[0])
        np.random.set_state(states[1])
