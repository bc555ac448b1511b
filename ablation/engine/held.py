"""The training set on the device: one at a time, held once however many engines read it."""

from collections.abc import Callable
from typing import Any

import numpy as np

_held: tuple[np.ndarray, np.ndarray, int, Any] | None = None


def training_set(
    images: np.ndarray, labels: np.ndarray, put: Callable[[np.ndarray, np.ndarray], Any], devices: int = 1
) -> Any:
    """What `put(images, labels)` gave when it was last asked for these very arrays on as many devices."""
    global _held
    if _held is None or _held[0] is not images or _held[1] is not labels or _held[2] != devices:
        _held = None
        _held = (images, labels, devices, put(images, labels))
    return _held[3]
