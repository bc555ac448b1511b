"""Tricks in training and at prediction, against the same thing written out by hand."""

import math
from typing import Any

import numpy as np
import pytest
import tiny

from ablation import tricks
from ablation.recipe import Layer, Prediction, Recipe
from ablation.streams import generator

keras = pytest.importorskip("keras")

from ablation.engine import magnified, new_engine, predict, views_of  # noqa: E402
from ablation.engine.learner import new_learner  # noqa: E402
from ablation.networks.build import build, make_optimizer  # noqa: E402
from ablation.train.engines import problem_of  # noqa: E402

SGD = Layer.of("keras.optimizers.SGD")
STEPS = 3


def applied(*uses: str | tuple[str, dict[str, Any]], **fields: Any) -> Recipe:
    """The tiny recipe with some fields changed and some tricks applied."""
    recipe = tiny.recipe(**fields)
    for use in uses:
        name, given = (use, {}) if isinstance(use, str) else use
        recipe = tricks.apply(name, recipe, given)
    return recipe


def engine_of(recipe: Recipe, splits: Any):
    return new_engine(new_learner(recipe, problem_of(splits), STEPS, seed=0), splits.x_train, splits.y_train)


def batches(steps: int = STEPS) -> np.ndarray:
    return generator(0, "test").permutation(64)[: steps * 16].reshape(steps, 16).astype("int32")


def trained(recipe: Recipe, splits: Any) -> list[np.ndarray]:
    """The trainable weights after a few steps."""
    engine = engine_of(recipe, splits)
    engine.train(batches())
    return [np.array(weight) for weight in engine.learner.trainable]


def largest_difference(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


@pytest.mark.slow
def test_under_sgd_l2_is_weight_decay_of_twice_its_strength_and_under_adam_it_is_not(splits):
    sgd = {"optimizer": SGD, "learning_rate": 0.05}
    penalty, decay = ("l2", {"strength": 0.05}), ("weight_decay", {"rate": 0.1})
    plain, penalised, decayed = (
        trained(applied(*uses, **sgd), splits) for uses in ((), (penalty,), (decay,))
    )
    assert largest_difference(penalised, decayed) < 1e-5
    assert largest_difference(penalised, plain) > 1e-3
    with_adam = [trained(applied(use, learning_rate=0.01), splits) for use in (penalty, decay)]
    assert largest_difference(*with_adam) > 1e-3


def test_weight_decay_takes_its_share_off_kernels_alone():
    optimizer = make_optimizer(
        applied(("weight_decay", {"rate": 0.5}), optimizer=SGD, learning_rate=0.1), 10, 0
    )
    kernel, bias, gamma = (keras.Variable([4.0], name=name) for name in ("kernel", "bias", "gamma"))
    optimizer.build([kernel, bias, gamma])
    optimizer.apply([keras.ops.ones(1)] * 3, [kernel, bias, gamma])
    assert float(kernel[0]) == pytest.approx(4 * (1 - 0.1 * 0.5) - 0.1)
    assert float(bias[0]) == float(gamma[0]) == pytest.approx(4 - 0.1)


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (("clip_value", {"value": 3.5}), [[3.0, -3.5], [3.5]]),
        (("clip_norm", {"norm": 6.5}), [[1.5, -6.0], [2.0]]),  # the length of (3, -12, 4) is 13
        (("clip_norm", {"norm": 100.0}), [[3.0, -12.0], [4.0]]),
    ],
)
def test_gradients_are_clipped_by_value_or_by_the_norm_of_all_together(use, expected):
    optimizer = make_optimizer(applied(use, optimizer=SGD, learning_rate=1.0), 10, seed=0)
    variables = [keras.Variable([0.0, 0.0]), keras.Variable([0.0])]
    optimizer.build(variables)
    optimizer.apply([keras.ops.array([3.0, -12.0]), keras.ops.array([4.0])], variables)
    for variable, value in zip(variables, expected, strict=True):
        np.testing.assert_allclose(np.array(variable), -np.array(value), rtol=1e-6)


def test_the_average_of_the_weights_by_hand():
    optimizer = make_optimizer(
        applied(("ema", {"momentum": 0.75}), optimizer=SGD, learning_rate=1.0), 10, seed=0
    )
    weight = keras.Variable([0.0])
    optimizer.build([weight])
    for gradient in (-1.0, -2.0, -4.0):
        optimizer.apply([keras.ops.array([gradient])], [weight])
    assert float(weight[0]) == 7  # 1, 3, 7 after the three steps
    optimizer.finalize_variable_values([weight])
    assert float(weight[0]) == pytest.approx(0.75 * (0.75 * 1 + 0.25 * 3) + 0.25 * 7)


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (("lr_decay", {"gamma": 0.5}), lambda step: 0.5 ** (step // 10)),
        (("inverse_time_decay", {"rate": 0.05}), lambda step: 1 / (1 + 0.05 * step)),
        (("cosine_decay", {}), lambda step: (1 + math.cos(math.pi * step / 40)) / 2),
        (
            ("cosine_decay", {"warmup_epochs": 1}),
            lambda step: (step + 1) / 10 if step < 10 else (1 + math.cos(math.pi * (step - 10) / 30)) / 2,
        ),
        (("step_decay", {"every": 0.25, "factor": 0.1}), lambda step: 0.1 ** (step // 10)),
        (("step_decay", {"every": 0.5, "factor": 0.2}), lambda step: 0.2 ** (step // 20)),
    ],
)
def test_schedules_by_hand(use, expected):
    """Four epochs of ten steps, first rate 0.3."""
    rate = make_optimizer(applied(use, learning_rate=0.3, epochs=4), 10, seed=0)._learning_rate
    for step in (0, 1, 9, 10, 19, 20, 25, 39):
        assert float(rate(step)) == pytest.approx(0.3 * expected(step), rel=1e-5, abs=1e-7), step


def test_batch_normalisation_folds_into_the_convolution_before_it(splits):
    """E1: at test time it costs nothing."""
    fields = {"widths": (4, 8), "convs_per_block": 2}
    normed = build(applied("batch_norm", **fields), problem_of(splits), seed=0)
    folded = build(applied(**fields), problem_of(splits), seed=0)
    rng = np.random.default_rng(0)
    for layer in folded.layers:
        if not layer.weights:
            continue
        original = normed.get_layer(layer.name)
        if f"{layer.name}_norm" not in {one.name for one in normed.layers}:
            layer.set_weights(original.get_weights())
            continue
        norm = normed.get_layer(f"{layer.name}_norm")
        channels = norm.gamma.shape
        gamma, beta, mean = (rng.normal(size=channels) for _ in range(3))
        variance = rng.uniform(0.5, 2, channels)
        norm.set_weights([gamma, beta, mean, variance])
        scale = gamma / np.sqrt(variance + norm.epsilon)
        layer.set_weights([original.get_weights()[0] * scale, beta - mean * scale])
    images = splits.x_test[:8].astype("float32")
    np.testing.assert_allclose(folded(images), normed(images, training=False), atol=1e-3)


def test_views_by_hand():
    images = np.arange(2 * 4 * 4, dtype="uint8").reshape(2, 4, 4, 1)
    assert [view is not None for view in views_of(images, Prediction())] == [True]
    (plain,) = views_of(images, Prediction())
    np.testing.assert_array_equal(plain, images)
    views = list(views_of(images, Prediction(flips=True, crops=1, scales=(2.0,))))
    assert len(views) == 12 and all(view.shape == images.shape and view.dtype == np.uint8 for view in views)
    np.testing.assert_array_equal(views[0], images)
    np.testing.assert_array_equal(views[1], images[:, :, ::-1])
    np.testing.assert_array_equal(views[2][:, 1:, 1:], images[:, :-1, :-1])
    np.testing.assert_array_equal(views[2][:, 0, 1:], images[:, 0, :-1])
    np.testing.assert_array_equal(views[8][:, :-1, :-1], images[:, 1:, 1:])
    np.testing.assert_array_equal(views[10], magnified(images, 2.0))


def test_magnified_about_the_centre():
    ramp = np.tile(np.arange(0, 90, 10, dtype="uint8")[None, :, None, None], (1, 1, 9, 1))
    np.testing.assert_array_equal(magnified(ramp, 2.0)[0, :, 0, 0], np.arange(20, 61, 5))


def probabilities(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@pytest.mark.slow
def test_prediction_averages_over_views_and_over_noise_and_leaves_training_alone(splits):
    recipe = applied("batch_norm", ("dropout", {"rate": 0.5}), "drop_connect", "monte_carlo_dropout")
    engine = engine_of(recipe, splits)
    plain, losses = engine_of(recipe.replace(predict=Prediction()), splits), []
    for one in (engine, plain):
        losses.append(one.train(batches())[0])
        predict(one, splits.x_val, recipe.predict)
        losses[-1] = np.append(losses[-1], one.train(batches())[0])
    np.testing.assert_array_equal(*losses)

    before = engine.learner.state()
    averaged = predict(engine, splits.x_val, recipe.predict)
    np.testing.assert_array_equal(averaged, predict(engine, splits.x_val, recipe.predict))
    for one, other in zip(before, engine.learner.state(), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(np.exp(averaged).sum(axis=1), 1, rtol=1e-5)
    few, many = (predict(engine, splits.x_val, Prediction(noise=("dropout",), draws=n)) for n in (1, 40))
    usual = predict(engine, splits.x_val)
    distance = [np.abs(probabilities(one) - probabilities(usual)).mean() for one in (few, many)]
    assert 0 < distance[1] < distance[0]

    how = Prediction(flips=True)
    views = [probabilities(predict(engine, images)) for images in (splits.x_val, splits.x_val[:, :, ::-1])]
    np.testing.assert_allclose(np.exp(predict(engine, splits.x_val, how)), np.mean(views, axis=0), atol=1e-5)


@pytest.mark.slow
def test_noise_of_pooling_is_drawn_while_dropout_rests(splits):
    recipe = applied("fractional_pooling", ("dropout", {"rate": 0.9}), "pooling_draws")
    rested = recipe.replace(block_end=())
    noisy, calm = (
        predict(engine_of(one, splits), splits.x_val, Prediction(noise=("pooling",)))
        for one in (recipe, rested)
    )
    np.testing.assert_allclose(noisy, calm, atol=1e-5)
    assert not np.allclose(noisy, predict(engine_of(recipe, splits), splits.x_val), atol=1e-3)


BUNDLES = {
    "augmentation": (
        "flip", "crop_resize", "pad_crop", "translate", "rotate", "shear", "zoom", "color_jitter", "pca_color",
        "pixel_noise", "cutout", "rand_augment", "auto_augment", "mixup", "he_init", "step_decay",
    ),
    "regularisers": (
        "group_norm", "spatial_dropout", "head_dropout", "drop_connect", "stochastic_depth", "bottleneck", "l1",
        "cutmix", "label_smoothing", "clip_norm", "ema", "weight_decay", "cosine_decay", "lecture_he",
        "monte_carlo_dropout",
    ),
    "pooling": (
        "fractional_pooling", "global_pooling", "instance_norm", "lecture_xavier", "clip_value", "pooling_draws",
        "relu", "inverse_time_decay",
    ),
    "ladder": (
        "noise", "batch_norm", "dropout", "l2", "augment", "capacity", "residual", "vertical_flip", "channel_shift",
        "elastic", "pixel_flip", "standardize", "activation", "glorot_init", "focal_loss", "lr_decay", "tta",
    ),
    "fast": (
        "alternating_flip", "batch_norm", "pool_first", "fixed_scale", "gelu", "logit_scale", "whitening", "dirac_init",
        "bias_rate", "lookahead", "multi_view", "triangle", "optimizer", "compound_scaling",
    ),
}  # fmt: skip
NO_STEP = {
    "class_weight",
    "early_stopping",
    "fine_tune",
    "freeze",
    "oversample",
    "pretrained",
    "reduce_on_plateau",
}
"""Tricks about what a training starts from, sees and ends with; `tests/train` has them."""
ALONE = sorted(set(tricks.names()) - NO_STEP.union(*BUNDLES.values()))


def test_what_changes_no_step_are_tricks():
    assert set(tricks.names()) >= NO_STEP


@pytest.mark.slow
@pytest.mark.parametrize("bundle", [*BUNDLES, *ALONE])
def test_tricks_train_together_compiled_and_in_bfloat16(bundle, splits):
    """Every trick that changes a step; one that no bundle names, alone."""
    recipe = applied(*BUNDLES.get(bundle, [bundle]), widths=(4, 8), precision="mixed_bfloat16")
    engine = engine_of(recipe, splits)
    before = [np.array(weight) for weight in engine.learner.trainable]
    losses, _ = engine.train(batches())
    assert np.isfinite(losses).all()
    after = [np.array(weight) for weight in engine.learner.trainable]
    assert all(np.isfinite(weight).all() for weight in after)
    assert largest_difference(before, after) > 0
    assert np.isfinite(predict(engine, splits.x_val, recipe.predict)).all()
