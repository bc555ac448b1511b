"""The compiled training step, against the same step written out by hand."""

from typing import Any

import numpy as np
import pytest
import tiny

from ablation import tricks
from ablation.recipe import Layer
from ablation.streams import generator

keras = pytest.importorskip("keras")

from ablation.engine import PREDICT_BATCH, new_engine, predict  # noqa: E402
from ablation.engine.learner import new_learner  # noqa: E402
from ablation.train.engines import problem_of  # noqa: E402

ALL_RANDOM = ("noise", "batch_norm", "dropout", "augment")


def busy_recipe(**fields):
    """Everything that has a state or draws at random."""
    recipe = tiny.recipe(**fields)
    for name in ALL_RANDOM:
        recipe = tricks.apply(name, recipe, {})
    return recipe


@pytest.fixture(scope="module")
def engine(splits):
    learner = new_learner(busy_recipe(), problem_of(splits), 4, seed=0)
    return new_engine(learner, splits.x_train, splits.y_train)


def batches(seed: int = 0, steps: int = 4) -> np.ndarray:
    return generator(seed, "test").permutation(64)[: steps * 16].reshape(steps, 16).astype("int32")


def as_numpy(tensor: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor).astype("float64")


def test_one_step_of_sgd_moves_the_weights_against_the_gradient(splits):
    recipe = tiny.recipe(head=(), optimizer=Layer.of("keras.optimizers.SGD"), learning_rate=0.1, l2=0.01)
    learner = new_learner(recipe, problem_of(splits), 4, seed=0)
    images, labels = splits.x_train[:16], splits.y_train[:16]
    classifier = learner.model.get_layer("logits")
    body = keras.Model(learner.model.input, classifier.input)
    features = as_numpy(body(images.astype("float32"), training=False))
    kernel, bias = (np.array(value, "float64") for value in classifier.get_weights())
    logits = features @ kernel + bias
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    conv_kernel = learner.model.get_layer("block1_conv1").get_weights()[0]
    penalty = 0.01 * ((kernel**2).sum() + (conv_kernel.astype("float64") ** 2).sum())

    engine = new_engine(learner, splits.x_train, splits.y_train)
    losses, hits = engine.train(np.arange(16, dtype="int32")[None])

    entropy = -np.log(chances[np.arange(16), labels]).mean()
    assert losses[0] == pytest.approx(entropy + penalty, rel=1e-5)
    assert hits == (logits.argmax(axis=1) == labels).sum()
    error = (chances - np.eye(10)[labels]) / 16
    moved_kernel, moved_bias = classifier.get_weights()
    np.testing.assert_allclose(moved_bias, bias - 0.1 * error.sum(axis=0), atol=1e-6)
    gradient = features.T @ error + 2 * 0.01 * kernel
    np.testing.assert_allclose(moved_kernel, kernel - 0.1 * gradient, atol=1e-5)


def test_label_smoothing_spreads_alpha_over_all_classes(splits):
    def loss(alpha: float) -> float:
        learner = new_learner(tiny.recipe(label_smoothing=alpha), problem_of(splits), 4, seed=0)
        return float(learner.objective(splits.x_train[:16], splits.y_train[:16])[0])

    learner = new_learner(tiny.recipe(), problem_of(splits), 4, seed=0)
    logits = as_numpy(learner.model(splits.x_train[:16].astype("float32")))
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    target = 0.9 * np.eye(10)[splits.y_train[:16]] + 0.01
    assert loss(0.1) == pytest.approx(-(target * logs).sum(axis=1).mean(), rel=1e-5)


def test_a_state_put_back_gives_the_same_steps_again(engine):
    start = engine.learner.state()
    first, hits = engine.train(batches())
    after = engine.learner.state()
    engine.learner.load(start)
    again, hits_again = engine.train(batches())
    np.testing.assert_array_equal(first, again)
    assert hits == hits_again
    for one, other in zip(after, engine.learner.state(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_state_is_a_copy(engine):
    before = engine.learner.state()
    kept = [value.copy() for value in before]
    engine.train(batches(1))
    assert all(np.array_equal(one, other) for one, other in zip(before, kept, strict=True))
    assert any(
        not np.array_equal(one, other) for one, other in zip(before, engine.learner.state(), strict=True)
    )


def test_steps_in_one_call_are_the_steps_of_several_calls(engine):
    start = engine.learner.state()
    whole, _ = engine.train(batches())
    engine.learner.load(start)
    parts = [engine.train(batches()[i : i + 2])[0] for i in (0, 2)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_every_batch_draws_its_own_noise(engine):
    start = engine.learner.state()
    same = np.repeat(batches(steps=1), 2, axis=0)
    losses, _ = engine.train(same)
    engine.learner.load(start)
    assert losses[0] != losses[1]


def test_prediction_is_in_inference_mode_and_changes_no_state(engine, splits):
    before = engine.learner.state()
    logits = predict(engine, splits.x_val)
    np.testing.assert_array_equal(logits, predict(engine, splits.x_val))
    for one, other in zip(before, engine.learner.state(), strict=True):
        np.testing.assert_array_equal(one, other)
    expected = as_numpy(engine.learner.model(splits.x_val.astype("float32"), training=False))
    np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_prediction_takes_any_number_of_images(engine, splits):
    many = np.resize(splits.x_test, (PREDICT_BATCH + 3, 32, 32, 3))
    logits = predict(engine, many)
    assert logits.shape == (PREDICT_BATCH + 3, 10)
    np.testing.assert_allclose(logits[PREDICT_BATCH:], logits[PREDICT_BATCH % 32 :][:3], atol=1e-4)


@pytest.mark.parametrize(("size", "batches"), [(8, [8, 8, 8]), (None, [20])])
def test_a_prediction_is_filled_up_where_one_number_of_images_is_compiled(size, batches):
    asked = []

    class Sums:
        one_size = size

        def predict_batch(self, images, noisy):
            asked.append(len(images))
            return images.sum(axis=(2, 3)).astype("float32")

    images = np.random.default_rng(0).integers(0, 256, (20, 2, 2, 3), np.uint8)
    np.testing.assert_array_equal(predict(Sums(), images), images.sum(axis=(2, 3)))
    assert asked == batches
