"""TensorFlow on several devices: every device computes the gradient of its share of each batch.

`tf.distribute.MirroredStrategy` holds the variables on all devices and adds the gradients up. A share is treated like
a batch of its own: batch normalisation uses the share's statistics (the moving ones are averaged over the devices),
mixup and cutmix blend within the share, and every device draws its own noise. Without such layers the numbers are one
device's to rounding.
"""

from collections.abc import Sequence
from functools import cache

import keras
import numpy as np
import tensorflow as tf

from ablation.engine.held import TrainingSet
from ablation.engine.learner import Learner
from ablation.errors import UserError
from ablation.keras_private import clipped


def devices() -> list[str]:
    """The GPUs, or the logical CPU devices where there is none."""
    found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return [device.name for device in found]


@cache
def strategy(count: int) -> tf.distribute.Strategy:
    return tf.distribute.MirroredStrategy(devices()[:count])


class MirroredEngine:
    """An engine with a training set of its own, the one that is held when it is made."""

    one_size = None

    def __init__(self, learner: Learner, held: TrainingSet, count: int) -> None:
        if learner.slow is not None or learner.alternates:
            raise UserError(
                "--strategy data-parallel: lookahead and alternating_flip need KERAS_BACKEND=jax, found tensorflow"
            )
        self.learner = learner
        mirrored = strategy(count)
        images, labels = held.arrays
        with mirrored.scope():
            train_images = tf.Variable(images, trainable=False)
            train_labels = tf.Variable(labels, trainable=False)
        weights = [variable.value for variable in learner.trainable]
        streams = [one.value for one in learner.untrained if one.name == "seed_generator_state"]
        statistics = [one.value for one in learner.untrained if "float" in one.dtype]
        optimizer = learner.optimizer
        scaling = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        inner = optimizer.inner_optimizer if scaling else optimizer
        clips = inner.clipvalue is not None or inner.global_clipnorm is not None

        def step(indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            """One device's part: its share of the mean loss and of the hits."""
            replica = tf.distribute.get_replica_context()
            number = replica.replica_id_in_sync_group
            share = tf.reshape(indices, (count, -1))[number]
            own_stream = tf.stack([tf.cast(number, "int64"), 0])
            for stream in streams:
                stream.assign_add(own_stream)
            with tf.GradientTape() as tape:
                loss, hits = learner.objective(tf.gather(train_images, share), tf.gather(train_labels, share))
                loss /= count
                scaled = optimizer.scale_loss(loss)
            for stream in streams:
                stream.assign_sub(own_stream)
            gradients = tape.gradient(scaled, weights)
            if clips or scaling:
                # The whole gradient is clipped; of the equal shares that the optimizer adds up, it clips none. All
                # devices see alike whether it is finite.
                whole = replica.all_reduce("SUM", gradients)
                if clips:
                    whole = _clipped_scaled(optimizer, whole) if scaling else clipped(inner, whole)
                gradients = [gradient / count for gradient in whole]
            optimizer.apply(gradients, learner.trainable)
            return loss, hits

        @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False)
        def train(batches: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            steps = tf.shape(batches)[0]

            def body(i: tf.Tensor, losses: tf.TensorArray, total: tf.Tensor) -> tuple:
                loss, hits = (
                    mirrored.reduce("SUM", one, axis=None) for one in mirrored.run(step, (batches[i],))
                )
                return i + 1, losses.write(i, loss), total + hits

            losses = tf.TensorArray(tf.float32, size=steps)
            _, losses, total = tf.while_loop(
                lambda i, *_: i < steps, body, (0, losses, 0), parallel_iterations=1, maximum_iterations=steps
            )
            for statistic in statistics:
                copies = mirrored.experimental_local_results(statistic)
                statistic.assign(tf.add_n([tf.convert_to_tensor(copy) for copy in copies]) / count)
            return losses.stack(), total

        shape = learner.model.input_shape

        @tf.function(input_signature=[tf.TensorSpec(shape, tf.uint8)], autograph=False)
        def predict(batch: tf.Tensor) -> tf.Tensor:
            return learner.model(tf.cast(batch, tf.float32), training=False)

        @tf.function(input_signature=[tf.TensorSpec(shape, tf.uint8)], autograph=False)
        def predict_noisy(batch: tf.Tensor) -> tf.Tensor:
            return learner.noisy(tf.cast(batch, tf.float32))

        self._train, self._predict, self._predict_noisy = train, predict, predict_noisy

    def train(self, batches: np.ndarray) -> tuple[np.ndarray, int]:
        losses, hits = self._train(batches)
        return losses.numpy(), int(hits)

    def predict_batch(self, images: np.ndarray, noisy: bool = False) -> np.ndarray:
        return (self._predict_noisy if noisy else self._predict)(images).numpy()


def _clipped_scaled(
    optimizer: keras.optimizers.LossScaleOptimizer, gradients: Sequence[tf.Tensor]
) -> list[tf.Tensor]:
    """Gradients of a scaled loss, clipped as those of the loss; where one is not finite none is, so that the step is
    left out though a clipped value is finite."""
    scale = optimizer.dynamic_scale.value
    finite = tf.where(optimizer.check_finite(gradients), 1.0, float("nan"))
    whole = clipped(optimizer.inner_optimizer, [gradient / scale for gradient in gradients])
    return [gradient * scale * finite for gradient in whole]
