"""The training set on the device: one at a time, held once however many engines read it."""

from collections.abc import Callable
from typing import Any

import numpy as np


class TrainingSet:
    """The images and labels that engines train on, and their copy on the device.

    Engines of several recipes share one of these; the set before is let go when the next one is taken up.
    """

    def __init__(self) -> None:
        self._arrays: tuple[np.ndarray, np.ndarray] | None = None
        self._placed: Any = None

    def use(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Take up a training set (uint8 NHWC, int32), unless it is this very one."""
        if self._arrays is None or self._arrays[0] is not images or self._arrays[1] is not labels:
            self._arrays, self._placed = (images, labels), None

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """The images and labels that were taken up last."""
        if self._arrays is None:
            raise ValueError("training set: expected images and labels before the first step")
        return self._arrays

    def placed(self, put: Callable[[np.ndarray, np.ndarray], Any]) -> Any:
        """What `put(images, labels)` gave when it was first asked for this set."""
        if self._placed is None:
            self._placed = put(*self.arrays)
        return self._placed
