"""Training in float16: the loss is scaled, overflowing steps are left out, curves are of the loss itself."""

import numpy as np
import pytest
import tiny

from ablation import tricks
from ablation.recipe import Recipe

keras = pytest.importorskip("keras")

from ablation.engine import new_engine, predict  # noqa: E402
from ablation.engine.learner import new_learner  # noqa: E402
from ablation.train.engines import problem_of  # noqa: E402

TRICKS = ("noise", "batch_norm", "dropout", "augment", "mixup", "ema", "clip_norm", "weight_decay")


def recipe(**fields) -> Recipe:
    chosen = tiny.recipe(**fields, widths=(16,), precision="mixed_float16")
    for name in TRICKS:
        chosen = tricks.apply(name, chosen, {})
    return chosen


def batches(steps: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 64, (steps, 16)).astype("int32")


@pytest.fixture(scope="module")
def engine(splits):
    learner = new_learner(recipe(), problem_of(splits), 4, seed=0)
    return new_engine(learner, splits.x_train, splits.y_train)


def scale(engine) -> float:
    return float(np.array(engine.learner.optimizer.dynamic_scale))


def test_activations_are_float16_and_weights_float32_and_both_train(engine, splits):
    learner = engine.learner
    assert learner.model.get_layer("block1_conv1").output.dtype == "float16"
    assert {weight.dtype for weight in learner.trainable} == {"float32"}
    start = learner.state()
    before = [np.array(weight) for weight in learner.trainable]
    losses, _ = engine.train(batches(20))
    assert np.isfinite(losses).all() and losses[-5:].mean() < losses[:5].mean() < 10
    assert scale(engine) == 2**15
    assert any((np.array(one) != other).any() for one, other in zip(learner.trainable, before, strict=True))
    assert np.isfinite(predict(engine, splits.x_val)).all()
    learner.load(start)


def test_a_step_whose_gradients_overflow_is_left_out_and_the_scale_is_halved(engine):
    learner = engine.learner
    start = learner.state()
    usual, _ = engine.train(batches(1))
    learner.load(start)
    weights = [np.array(weight) for weight in learner.trainable]
    learner.optimizer.dynamic_scale.assign(2.0**40)
    losses, _ = engine.train(batches(1))
    assert losses[0] == usual[0]  # the loss that is told is not the scaled one
    assert scale(engine) == 2.0**39
    assert int(np.array(learner.optimizer.iterations)) == 0
    for weight, before in zip(learner.trainable, weights, strict=True):
        np.testing.assert_array_equal(np.array(weight), before)
    engine.train(batches(30))
    assert scale(engine) < 2.0**30 and int(np.array(learner.optimizer.iterations)) > 0
    learner.load(start)


def test_after_enough_finite_steps_the_scale_is_doubled(engine):
    learner = engine.learner
    start = learner.state()
    learner.optimizer.step_counter.assign(1998)
    engine.train(batches(1))
    assert scale(engine) == 2**15
    engine.train(batches(1))
    assert scale(engine) == 2**16
    learner.load(start)


def test_in_float16_the_steps_are_those_of_float32_to_rounding(splits):
    fields = {"optimizer": {"path": "keras.optimizers.SGD"}, "learning_rate": 0.02}
    found = []
    for precision in ("float32", "mixed_float16"):
        chosen = tricks.apply("clip_norm", tiny.recipe(**fields | {"precision": precision}), {"norm": 0.5})
        learner = new_learner(chosen, problem_of(splits), 4, seed=0)
        new_engine(learner, splits.x_train, splits.y_train).train(batches(4))
        found.append([np.array(weight) for weight in learner.trainable])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)
