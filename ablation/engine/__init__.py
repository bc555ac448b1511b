"""Training and prediction compiled for the active Keras backend.

An engine holds one learner and one training set on the device. It runs many steps a call, gathering each batch by
index inside the compiled step, so Python is not in the way and no batch is ever copied from the host.
"""

from typing import Protocol

import keras
import numpy as np

from ablation.engine.learner import Learner

PREDICT_BATCH = 500


class Engine(Protocol):
    """What a backend offers."""

    learner: Learner

    def train(self, batches: np.ndarray) -> tuple[np.ndarray, int]:
        """Run one optimizer step for each row of `batches`.

        Args:
            batches: int32 (steps, batch) of indices into the training set.

        Returns:
            The loss of every step, float32 (steps,), and the number of training images hit.
        """
        ...

    def predict_batch(self, images: np.ndarray) -> np.ndarray:
        """Logits, float32 (batch, classes), of uint8 images, in inference mode."""
        ...


def new_engine(learner: Learner, images: np.ndarray, labels: np.ndarray) -> Engine:
    """The active backend's engine on a training set (uint8 NHWC, int32)."""
    backend = keras.config.backend()
    if backend == "tensorflow":
        from ablation.engine.tensorflow import TensorFlowEngine

        return TensorFlowEngine(learner, images, labels)
    if backend == "jax":
        from ablation.engine.jax import JaxEngine

        return JaxEngine(learner, images, labels)
    from ablation.engine.torch import TorchEngine

    return TorchEngine(learner, images, labels)


def predict(engine: Engine, images: np.ndarray) -> np.ndarray:
    """Logits, float32 (n, classes), of any number of uint8 images.

    The last batch is filled up with zeros, so that one compiled program serves all.
    """
    logits = []
    for start in range(0, len(images), PREDICT_BATCH):
        batch = images[start : start + PREDICT_BATCH]
        missing = PREDICT_BATCH - len(batch)
        filled = np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else batch
        logits.append(engine.predict_batch(filled)[: len(batch)])
    return np.concatenate(logits)
