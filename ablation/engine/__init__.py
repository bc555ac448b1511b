"""Training and prediction compiled for the active Keras backend.

An engine holds one learner and one training set on the device. It runs many steps a call, gathering each batch by
index inside the compiled step, so Python is not in the way and no batch is ever copied from the host.
"""

import contextlib
from collections.abc import Iterator
from typing import Protocol

import keras
import numpy as np
from keras import ops

from ablation.engine.held import TrainingSet
from ablation.engine.learner import Learner
from ablation.recipe import LogitViews, Prediction

PREDICT_BATCH = 500
PLAIN = Prediction()
FIRST_DRAW, DRAW_STRIDE = 2**30, 2**16


class Engine(Protocol):
    """What a backend offers.

    Attributes:
        one_size: how many images every prediction is filled up to, where another number means to compile again;
            else None.
    """

    learner: Learner

    @property
    def one_size(self) -> int | None: ...

    def train(self, batches: np.ndarray) -> tuple[np.ndarray, int]:
        """Run one optimizer step for each row of `batches`.

        Args:
            batches: int32 (steps, batch) of indices into the training set.

        Returns:
            The loss of every step, float32 (steps,), and the number of training images hit.
        """
        ...

    def predict_batch(self, images: np.ndarray, noisy: bool = False) -> np.ndarray:
        """Logits, float32 (batch, classes), of uint8 images, in inference mode, or of the learner's noisy network."""
        ...


def new_engine(learner: Learner, images: np.ndarray, labels: np.ndarray) -> Engine:
    """The active backend's engine on a training set (uint8 NHWC, int32)."""
    held = TrainingSet()
    held.use(images, labels)
    return engine_on(learner, held)


def engine_on(learner: Learner, held: TrainingSet, devices: int = 1) -> Engine:
    """The active backend's engine on whatever training set is held when it trains.

    Several devices share every batch; the learner must have been made on them (`parallel.on_devices`).
    """
    backend = keras.config.backend()
    if backend == "tensorflow":
        if devices > 1:
            from ablation.engine.mirrored import MirroredEngine

            return MirroredEngine(learner, held, devices)
        from ablation.engine.tensorflow import TensorFlowEngine

        return TensorFlowEngine(learner, held)
    if backend == "jax":
        if devices > 1:
            from ablation.engine.sharded import ShardedEngine

            return ShardedEngine(learner, held, devices)
        from ablation.engine.jax import JaxEngine

        return JaxEngine(learner, held)
    from ablation.engine.torch import TorchEngine

    return TorchEngine(learner, held)


def predict(engine: Engine, images: np.ndarray, how: Prediction = PLAIN) -> np.ndarray:
    """Logits, float32 (n, classes), of any number of uint8 images.

    Args:
        engine: holds the network; its random streams are left where they were.
        images: uint8 (n, height, width, channels).
        how: views and noisy passes whose class probabilities are averaged; the result is then the logarithm of the
            average. Of `logit_views` the logits themselves are averaged, and the result is that.
    """
    views = [_logits(engine, view) for view in views_of(images, how)] if not how.noise else []
    for draw in range(how.draws if how.noise else 0):
        with _streams_of_draw(engine.learner, draw):
            views += [_logits(engine, view, noisy=True) for view in views_of(images, how)]
    if len(views) == 1:
        return views[0]
    if how.logit_views is not None:
        weights = np.array(weights_of(how.logit_views), np.float32)
        draws = np.reshape(views, (-1, len(weights), *views[0].shape))
        return np.einsum("v,dvnc->nc", weights, draws) / np.float32(len(draws))
    return np.log(np.mean([_softmax(logits) for logits in views], axis=0) + np.finfo(np.float32).tiny)


def views_of(images: np.ndarray, how: Prediction) -> Iterator[np.ndarray]:
    """The fixed views of test-time averaging: shifted and magnified images, each behind it the same mirrored."""
    if how.logit_views is not None:
        yield from _logit_views(images, how.logit_views)
        return
    height, width = images.shape[1:3]
    step = how.crops
    padded = np.pad(images, ((0, 0), (step, step), (step, step), (0, 0)), mode="edge") if step else images
    corners = [(step, step), (0, 0), (0, 2 * step), (2 * step, 0), (2 * step, 2 * step)] if step else [(0, 0)]
    for top, left in corners:
        view = padded[:, top : top + height, left : left + width]
        yield view
        if how.flips:
            yield view[:, :, ::-1]
    for scale in how.scales:
        view = magnified(images, scale)
        yield view
        if how.flips:
            yield view[:, :, ::-1]


def weights_of(how: LogitViews) -> tuple[float, ...]:
    """Of each of the six views, 1 in all."""
    whole, shifted = how.weight / 2, (1 - how.weight) / 4
    return (whole, whole, *(shifted,) * 4)


def _logit_views(images: np.ndarray, how: LogitViews) -> Iterator[np.ndarray]:
    height, width = images.shape[1:3]
    step = how.shift
    padded = np.pad(images, ((0, 0), (step, step), (step, step), (0, 0)), mode="reflect")
    for place in (step, 0, 2 * step):
        view = padded[:, place : place + height, place : place + width]
        yield view
        yield view[:, :, ::-1]


def magnified(images: np.ndarray, scale: float) -> np.ndarray:
    """Images (n, height, width, channels), uint8, magnified bilinearly about their centre."""

    def weights(size: int) -> np.ndarray:
        source = (np.arange(size) - (size - 1) / 2) / scale + (size - 1) / 2
        return np.maximum(1 - np.abs(source[:, None] - np.arange(size)), 0).astype(np.float32)

    rows, columns = weights(images.shape[1]), weights(images.shape[2])
    stretched = np.einsum("ih,nhwc,jw->nijc", rows, images.astype(np.float32), columns, optimize=True)
    return np.clip(np.rint(stretched), 0, 255).astype(np.uint8)


def _logits(engine: Engine, images: np.ndarray, noisy: bool = False) -> np.ndarray:
    """The last batch is filled up with zeros where a program is compiled for one size, or draws depend on it."""
    filled_to = PREDICT_BATCH if noisy else engine.one_size
    most = filled_to or PREDICT_BATCH
    logits = []
    for start in range(0, len(images), most):
        batch = images[start : start + most]
        missing = most - len(batch) if filled_to else 0
        filled = np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else batch
        logits.append(engine.predict_batch(filled, noisy)[: len(batch)])
    return np.concatenate(logits)


@contextlib.contextmanager
def _streams_of_draw(learner: Learner, draw: int) -> Iterator[None]:
    """Every random stream at a place of its own for one draw, and back where it was afterwards."""
    streams = [variable for variable in learner.untrained if variable.name == "seed_generator_state"]
    kept = [np.array(ops.convert_to_numpy(stream.value)) for stream in streams]
    try:
        for stream, (seed, _) in zip(streams, kept, strict=True):
            stream.assign(np.array([seed, FIRST_DRAW + draw * DRAW_STRIDE], kept[0].dtype))
        yield
    finally:
        for stream, state in zip(streams, kept, strict=True):
            stream.assign(state)


def _softmax(logits: np.ndarray) -> np.ndarray:
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)
