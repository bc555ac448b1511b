"""What the decks work out on the blackboard, against autodiff, simulation and NumPy: one test a row of the lectures."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from ablation.layers.batch_normalization import BatchNormalization  # noqa: E402
from ablation.train.judge import scored  # noqa: E402

RNG = np.random.default_rng(5)


def test_batch_norms_backward_pass_is_that_of_autodiff():
    """dx = gamma / sigma * (g - mean(g) - xhat * mean(g xhat)), Ioffe and Szegedy 2015, section 3."""
    x, upstream = (RNG.normal(2, 3, (6, 4, 4, 5)).astype("float32") for _ in range(2))
    layer = BatchNormalization(epsilon=1e-3)
    layer.build(x.shape)
    gamma = RNG.uniform(0.5, 2, 5).astype("float32")
    layer.gamma.assign(gamma)
    inputs = tf.Variable(x)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(inputs, training=True) * upstream)
    dx, dgamma, dbeta = tape.gradient(loss, [inputs, layer.gamma.value, layer.beta.value])
    axes = (0, 1, 2)
    sigma = np.sqrt(x.var(axis=axes) + 1e-3)
    xhat = (x - x.mean(axis=axes)) / sigma
    expected = (
        gamma / sigma * (upstream - upstream.mean(axis=axes) - xhat * (upstream * xhat).mean(axis=axes))
    )
    np.testing.assert_allclose(dx, expected, atol=1e-4)
    np.testing.assert_allclose(dgamma, (upstream * xhat).sum(axis=axes), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(dbeta, upstream.sum(axis=axes), rtol=1e-3, atol=1e-3)


def test_a_linear_change_of_the_input_is_undone_by_standardising():
    """Other units, another brightness: the network sees the same numbers, and so trains the same."""
    from ablation.networks.build import build
    from ablation.networks.layout import Problem
    from ablation.recipe import Recipe

    recipe = Recipe(widths=(4,), convs_per_block=1, head=(), precision="float32", scaling="standardize")
    images = RNG.integers(0, 256, (8, 16, 16, 3)).astype("float32")
    outputs = []
    for scale, offset in ((1.0, 0.0), (0.25, 40.0)):
        changed = scale * images + offset
        mean, deviation = (tuple(map(float, f(changed, axis=(0, 1, 2)))) for f in (np.mean, np.std))
        outputs.append(np.array(build(recipe, Problem((16, 16, 3), 10, mean, deviation), seed=0)(changed)))
    np.testing.assert_allclose(*outputs, atol=1e-4)


@pytest.mark.parametrize(("name", "factor"), [("HeNormal", 1.0), ("GlorotNormal", 0.5)])
def test_hes_variance_keeps_the_signal_through_relus(name, factor):
    """He et al. 2015: with variance 2 / n the mean square of what a ReLU gives stays; with 1 / n it halves a layer."""
    x = RNG.normal(size=(2000, 400)).astype("float32")
    squares = [np.mean(x**2)]
    for layer in range(8):
        weights = np.array(getattr(keras.initializers, name)(seed=layer)((400, 400)))
        x = np.maximum(x @ weights, 0)
        squares.append(np.mean(x**2))
    ratios = np.array(squares[1:]) / np.array(squares[:-1])
    assert np.exp(np.log(ratios).mean()) == pytest.approx(factor, rel=0.08)


def test_dropouts_gradient_passes_where_the_unit_stayed_and_is_scaled_alike():
    inputs = tf.Variable(np.ones((50, 40), "float32"))
    layer = keras.layers.Dropout(0.25, seed=0)
    with tf.GradientTape() as tape:
        outputs = layer(inputs, training=True)
        loss = tf.reduce_sum(outputs * 3.0)
    gradient = tape.gradient(loss, inputs).numpy()
    np.testing.assert_allclose(gradient, 3.0 * outputs.numpy(), rtol=1e-6)
    assert set(np.unique(gradient.round(5)).tolist()) == {0.0, 4.0}


def test_at_a_saddle_of_a_quadratic_plain_descent_leaves_along_the_falling_axis_alone():
    """f = (x^2 - y^2) / 2: the gradient is zero at the origin; x shrinks by 1 - rate a step, y grows by 1 + rate."""
    for start, steps in (((1.0, 0.0), 50), ((1.0, 1e-3), 50)):
        point = keras.Variable(list(start))
        optimizer = keras.optimizers.SGD(0.1)
        optimizer.build([point])
        for _ in range(steps):
            x, y = np.array(point)
            optimizer.apply([keras.ops.array([x, -y], "float32")], [point])
        expected = start[0] * 0.9**steps, start[1] * 1.1**steps
        np.testing.assert_allclose(np.array(point), expected, rtol=1e-4, atol=1e-7)


def test_log_sum_exp_is_stable_where_the_plain_sum_overflows():
    logits, labels = np.array([[1000.0, 0.0], [-1000.0, 0.0], [0.0, 0.0]], "float32"), np.array([1, 0, 0])
    with np.errstate(over="ignore", invalid="ignore"):
        assert not np.isfinite(np.log(np.exp(logits.astype("float32")).sum(axis=1))).all()
    loss, accuracy, _ = scored(logits, labels)
    assert loss == pytest.approx((1000 + 1000 + np.log(2)) / 3) and accuracy == pytest.approx(1 / 3)
    ours = keras.ops.categorical_crossentropy(np.eye(2, dtype="float32")[labels], logits, from_logits=True)
    np.testing.assert_allclose(np.array(ours), [1000, 1000, np.log(2)], rtol=1e-6)
