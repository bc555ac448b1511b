"""TensorFlow: a `tf.function` whose loop runs many steps."""

import functools
import itertools
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from ablation.engine.alternating import own_index, turned
from ablation.engine.held import TrainingSet
from ablation.engine.learner import Learner
from ablation.keras_private import apply_scaled

tf.get_logger().setLevel("ERROR")  # it warns of functions compiled often: every recipe is, once


class TensorFlowEngine:
    one_size = None

    def __init__(self, learner: Learner, held: TrainingSet) -> None:
        self.learner, self._held = learner, held
        trainable, shape = learner.trainable, learner.model.input_shape
        apply = learner.optimizer.apply
        if isinstance(learner.optimizer, keras.optimizers.LossScaleOptimizer):
            apply = functools.partial(apply_scaled, learner.optimizer)

        def step(
            wanted: Sequence[bool], indices: tf.Tensor, train_images: tf.Tensor, train_labels: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor]:
            places = own_index(indices, train_images) if learner.alternates else indices
            images, labels = tf.gather(train_images, places), tf.gather(train_labels, places)
            if learner.alternates:
                images = turned(images, indices, train_images)
            with tf.GradientTape() as tape:
                loss, hits = learner.objective(images, labels)
                scaled = learner.optimizer.scale_loss(loss)
            found = iter(tape.gradient(scaled, list(itertools.compress(trainable, wanted))))
            gradients = [
                next(found) if one else tf.zeros(weight.shape)
                for weight, one in zip(trainable, wanted, strict=True)
            ]
            # In a replica Keras' optimizers first add up gradients, in a way that keeps this graph for good.
            tf.distribute.get_replica_context().merge_call(lambda _: apply(gradients, trainable))
            if learner.slow is not None:
                learner.slow.pull(learner.optimizer.iterations.value)
            return loss, hits

        @functools.cache
        def train(wanted: tuple[bool, ...]) -> Callable[..., tuple[tf.Tensor, tf.Tensor]]:
            """The loop over steps; gradients of weights that are not wanted are zeros and cost nothing."""

            @tf.function(
                input_signature=[
                    tf.TensorSpec((None, None), tf.int32),
                    tf.TensorSpec(shape, tf.uint8),
                    tf.TensorSpec((None,), tf.int32),
                ],
                autograph=False,
            )
            def loop(
                batches: tf.Tensor, train_images: tf.Tensor, train_labels: tf.Tensor
            ) -> tuple[tf.Tensor, tf.Tensor]:
                steps = tf.shape(batches)[0]

                def body(i: tf.Tensor, losses: tf.TensorArray, total: tf.Tensor) -> tuple:
                    loss, hits = step(wanted, batches[i], train_images, train_labels)
                    return i + 1, losses.write(i, loss), total + hits

                losses = tf.TensorArray(tf.float32, size=steps)
                _, losses, total = tf.while_loop(
                    lambda i, *_: i < steps,
                    body,
                    (0, losses, 0),
                    parallel_iterations=1,
                    maximum_iterations=steps,
                )
                return losses.stack(), total

            return loop

        @tf.function(input_signature=[tf.TensorSpec(shape, tf.uint8)], autograph=False)
        def predict(batch: tf.Tensor) -> tf.Tensor:
            return learner.model(tf.cast(batch, tf.float32), training=False)

        @tf.function(input_signature=[tf.TensorSpec(shape, tf.uint8)], autograph=False)
        def predict_noisy(batch: tf.Tensor) -> tf.Tensor:
            return learner.noisy(tf.cast(batch, tf.float32))

        self._train, self._predict, self._predict_noisy = train, predict, predict_noisy

    def train(self, batches: np.ndarray) -> tuple[np.ndarray, int]:
        losses, hits = [], 0
        for some, wanted in self.learner.runs(len(batches)):
            lost, hit = self._train(wanted)(batches[some], *self._held.placed(_on_device))
            losses.append(lost.numpy())
            hits += int(hit)
        return np.concatenate(losses), hits

    def predict_batch(self, images: np.ndarray, noisy: bool = False) -> np.ndarray:
        return (self._predict_noisy if noisy else self._predict)(images).numpy()


def _on_device(images: np.ndarray, labels: np.ndarray) -> tuple[tf.Tensor, tf.Tensor]:
    return tf.constant(images), tf.constant(labels)
