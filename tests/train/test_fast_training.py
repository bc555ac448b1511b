"""The training of the fast recipe: each piece against the same written out in NumPy, and the whole bit for bit."""

import math
import subprocess
from importlib.util import find_spec

import numpy as np
import pytest
import tiny
from tiny import without_times

from ablation import tricks
from ablation.networks import families
from ablation.recipe import Layer, LogitViews, Lookahead, Prediction, Recipe
from ablation.streams import generator

keras = pytest.importorskip("keras")

from ablation.engine import new_engine, predict  # noqa: E402
from ablation.engine.learner import new_learner  # noqa: E402
from ablation.networks.build import make_optimizer  # noqa: E402
from ablation.train.checkpoint import load_checkpoint  # noqa: E402
from ablation.train.engines import Engines, problem_of  # noqa: E402
from ablation.train.loop import Interrupted, steps_in, train  # noqa: E402
from ablation.train.whitening import filters, whiten  # noqa: E402

MOMENTUM = Layer.of("ablation.optimizers.Momentum", momentum=0.85, nesterov=True)
LADDER = (
    "label_smoothing", "triangle", "whitening", "dirac_init", "bias_rate", "lookahead", "multi_view", 
    "alternating_flip",
)  # fmt: skip
BATCHES = generator(0, "test").permutation(64)[:48].reshape(3, 16).astype("int32")


def recipe(*used: str, **fields) -> Recipe:
    """The fast network in its smallest form and its training, with some tricks."""
    network = {"family": "fast", "widths": (4,), "convs_per_block": 1}
    given = {
        "batch_size": 16,
        "precision": "float32",
        "optimizer": MOMENTUM,
        "learning_rate": 0.3,
        "epochs": 2.4,
    }
    chosen = families.settled(Recipe(**families.chosen(network), **given | {"gradient_l2": 0.001}))
    chosen = chosen.replace(**fields)
    for name in used:
        chosen = tricks.apply(name, chosen, {"edges": "reflect", "padding": 2} if name == "pad_crop" else {})
    return chosen


def engine_of(chosen: Recipe, splits):
    learner = new_learner(chosen, problem_of(splits), 4, seed=0)
    return new_engine(learner, splits.x_train, splits.y_train)


def test_the_triangle_by_hand():
    rate = make_optimizer(
        recipe("triangle", epochs=9.9), 10, seed=0
    )._learning_rate  # 99 steps, 23 to the peak
    rise, fall = (1 - 0.2) / 23, (1 - 0.07) / 76
    expected = {0: 0.2, 1: 0.2 + rise, 22: 0.2 + 22 * rise, 23: 1, 24: 1 - fall, 98: 1 - 75 * fall, 99: 0.07}
    for step, share in expected.items():
        assert float(rate(step)) == pytest.approx(0.3 * share, rel=1e-5), step


def test_steps_of_the_optimizer_by_hand():
    chosen = recipe("bias_rate", "whitening", "triangle", gradient_l2=0.1, epochs=9.9)
    chosen = chosen.replace(whitening=chosen.whitening.replace(bias_epochs=0.2))
    optimizer = make_optimizer(chosen, 10, seed=0)
    draw, paths = np.random.default_rng(0), ("conv/kernel", "norm/beta", "patches/bias")
    variables = []
    for path in paths:
        with keras.name_scope(path.partition("/")[0]):
            variables.append(
                keras.Variable(draw.normal(size=5).astype("float32"), name=path.partition("/")[2])
            )
    optimizer.build(variables)
    weights = [np.array(one, "float64") for one in variables]
    sums = [np.zeros(5) for _ in paths]
    for step in range(4):
        gradients = [draw.normal(size=5).astype("float32") for _ in paths]
        optimizer.apply([keras.ops.convert_to_tensor(one) for one in gradients], variables)
        rate = 0.3 * (0.2 + step * 0.8 / 23)
        for i, (path, gradient) in enumerate(zip(paths, gradients, strict=True)):
            if path == "patches/bias" and step >= 2:  # two tenths of an epoch of ten steps
                continue
            factor = 64 if path == "norm/beta" else 1
            whole = gradient + 0.1 / factor * weights[i]
            sums[i] = 0.85 * sums[i] + whole
            weights[i] = weights[i] - rate * factor * (whole + 0.85 * sums[i])
        for found, expected in zip(variables, weights, strict=True):
            np.testing.assert_allclose(np.array(found), expected, rtol=1e-4, atol=1e-5)


def test_a_sum_of_gradients_without_nesterov_is_keras_at_a_constant_rate():
    weights = []
    for path in ("ablation.optimizers.Momentum", "keras.optimizers.SGD"):
        chosen = recipe(optimizer=Layer.of(path, momentum=0.5), gradient_l2=0.0)
        optimizer, weight = make_optimizer(chosen, 10, seed=0), keras.Variable([1.0, 2.0])
        optimizer.build([weight])
        for gradient in (-1.0, 2.0, 4.0):
            optimizer.apply([keras.ops.array([gradient, 1.0])], [weight])
        weights.append(np.array(weight))
    np.testing.assert_allclose(*weights, rtol=1e-6)


def test_lookahead_by_hand(splits):
    """Steps of the same training without it, with the pulls and the growing weight of the past done here."""
    how = Lookahead(every=2, decay=0.9, power=2.0)
    pulled, plain = (engine_of(recipe(lookahead=one), splits) for one in (how, None))
    fast = [*plain.learner.trainable, *(one for one in plain.learner.untrained if "float" in one.dtype)]
    slow = [np.array(one) for one in fast]
    assert len(fast) == len(pulled.learner.slow.slow) and len(fast) > len(plain.learner.trainable)
    pulled.train(np.concatenate([BATCHES, BATCHES[::-1]])[:5])
    for step, batch in enumerate(np.concatenate([BATCHES, BATCHES[::-1]])[:5], start=1):
        plain.train(batch[None])
        if step % 2 == 0:
            stay = 0.9**2 * (step / 10) ** 2  # 2.4 epochs of four steps: ten
            slow = [stay * old + (1 - stay) * np.array(new) for old, new in zip(slow, fast, strict=True)]
            for variable, value in zip(fast, slow, strict=True):
                variable.assign(value)
    for found, expected in zip(pulled.learner.slow.fast, fast, strict=True):
        np.testing.assert_allclose(np.array(found), np.array(expected), rtol=2e-4, atol=1e-5)
    pulled.learner.finish()
    for found, expected in zip(pulled.learner.slow.fast, slow, strict=True):
        np.testing.assert_allclose(np.array(found), expected, rtol=2e-4, atol=1e-5)


def test_whitening_filters_are_the_scaled_eigenvectors_and_whiten(splits):
    images = (splits.x_train[:40].astype("float64") - 120) / 60
    patches = [
        images[:, i : i + 2, j : j + 2].reshape(40, -1)
        for i in range(images.shape[1] - 1)
        for j in range(images.shape[2] - 1)
    ]
    covariance = np.cov(np.concatenate(patches).T, bias=True)
    found = filters(images, 2, epsilon=1e-3).reshape(12, 24)
    np.testing.assert_array_equal(found[:, 12:], -found[:, :12])
    half = found[:, :12]
    assert (half[np.abs(half).argmax(axis=0), np.arange(12)] > 0).all()
    values, vectors = np.linalg.eigh(covariance)
    closeness = np.abs((half / np.linalg.norm(half, axis=0)).T @ vectors[:, ::-1])
    np.testing.assert_allclose(np.diag(closeness), 1, atol=1e-6)
    np.testing.assert_allclose(
        half.T @ covariance @ half, np.diag(values / (values + 1e-3))[::-1, ::-1], atol=1e-6
    )


def test_a_training_whitens_by_its_own_scaled_images(splits):
    chosen = recipe("whitening")
    chosen = chosen.replace(whitening=chosen.whitening.replace(images=20))
    learner, problem = new_learner(chosen, problem_of(splits), 4, seed=0), problem_of(splits)
    whiten(learner, splits.x_train, chosen.whitening)
    scaled = (splits.x_train[:20] - np.array(problem.mean)) / np.array(problem.deviation)
    expected = filters(scaled, 2, epsilon=5e-4)
    np.testing.assert_allclose(
        np.array(learner.model.get_layer("patches").kernel), expected, rtol=1e-3, atol=1e-3
    )


def test_alternating_flip_turns_every_image_every_epoch_and_the_gather_mirrors(splits):
    seen = []

    class Recorder:
        def __init__(self, engine):
            self.engine, self.learner, self.one_size = engine, engine.learner, engine.one_size

        def train(self, batches):
            seen.append(batches.ravel())
            return self.engine.train(batches)

        def predict_batch(self, *given):
            return self.engine.predict_batch(*given)

    class Recorders(Engines):
        def engine(self, *given):
            return Recorder(super().engine(*given))

    train(tiny.trial_of(recipe("alternating_flip", epochs=3)), splits, engines=Recorders())
    assert [sorted(one % 64) for one in seen] == [list(range(64))] * 3
    mirrored = [{int(index) - 64 for index in one if index >= 64} for one in seen]
    assert mirrored[0] == mirrored[2] == set(range(64)) - mirrored[1]
    assert 16 < len(mirrored[0]) < 48

    one, other = (engine_of(recipe(*used), splits) for used in (("alternating_flip",), ()))
    turned = splits.x_train.copy()
    turned[::2] = turned[::2, :, ::-1]
    mirrors = new_engine(other.learner, turned, splits.y_train)
    given = np.arange(16, dtype="int32")
    assert (
        one.train((given + 64 * (given % 2 == 0)).astype("int32")[None])[0] == mirrors.train(given[None])[0]
    )


def test_reflected_shifts_show_windows_of_the_padded_image():
    from ablation.layers.random_pad_crop import RandomPadCrop

    images = np.random.default_rng(0).normal(size=(1, 5, 6, 2)).astype("float32")
    padded = np.pad(images[0], ((2, 2), (2, 2), (0, 0)), mode="reflect")
    windows = {padded[i : i + 5, j : j + 6].tobytes() for i in range(5) for j in range(5)}
    layer = RandomPadCrop(2, edges="reflect", seed=0)
    found = {np.array(one).tobytes() for one in layer(np.repeat(images, 400, axis=0), training=True)}
    assert found == windows and len(windows) == 25


def test_six_views_by_hand(splits):
    engine, images = engine_of(recipe(), splits), splits.x_test
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    side = images.shape[1]

    def both(views: np.ndarray) -> np.ndarray:
        return (predict(engine, views) + predict(engine, views[:, :, ::-1])) / 2

    expected = 0.5 * both(images) + 0.25 * both(padded[:, :side, :side]) + 0.25 * both(padded[:, 2:, 2:])
    found = predict(engine, images, Prediction(logit_views=LogitViews()))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert not np.allclose(found, predict(engine, images), atol=1e-4)


def test_scaled_logits_are_a_ninth(splits):
    plain, scaled = (engine_of(recipe(logit_scale=one), splits) for one in (1.0, 1 / 9))
    np.testing.assert_allclose(predict(scaled, splits.x_test), predict(plain, splits.x_test) / 9, rtol=1e-5)


def test_the_last_epoch_of_a_broken_number_is_shorter(splits):
    assert [steps_in(epoch, 48, 476) for epoch in (1, 9, 10, 11)] == [48, 48, 44, 0]
    assert recipe(epochs=9.9).total_steps(48) == math.ceil(475.2) and recipe(epochs=1.1).total_steps(10) == 11
    record = train(tiny.trial_of(recipe(epochs=1.5)), splits)
    whole = train(tiny.trial_of(recipe(epochs=2)), splits)
    assert [row["epoch"] for row in record["epochs"]] == [1, 2] and record["status"] == "done"
    images = record["images_per_second"] * record["train_seconds"]
    assert images == pytest.approx(96) and record["epochs"][0]["loss"] == whole["epochs"][0]["loss"]
    assert record["epochs"][1]["loss"] != whole["epochs"][1]["loss"]


def test_the_bias_of_the_whitening_rests_after_its_epochs(splits):
    chosen = recipe("whitening")
    chosen = chosen.replace(whitening=chosen.whitening.replace(bias_epochs=0.5))  # two steps of four
    engine, biases = engine_of(chosen, splits), []
    for batch in BATCHES:
        engine.train(batch[None])
        biases.append(np.array(engine.learner.model.get_layer("patches").bias))
    assert np.abs(biases[0]).max() > 0 and not np.array_equal(biases[0], biases[1])
    np.testing.assert_array_equal(biases[1], biases[2])


def test_the_gradient_of_a_bias_that_rests_is_left_out_and_nothing_else_changes(splits, monkeypatch):
    chosen = recipe("whitening", "lookahead", "bias_rate")
    chosen = chosen.replace(whitening=chosen.whitening.replace(bias_epochs=0.5))  # 2 steps of 4
    engine = engine_of(chosen, splits)
    learner = engine.learner
    every = (True,) * len(learner.trainable)
    resting = tuple(weight.path != "patches/bias" for weight in learner.trainable)
    assert sum(resting) == len(every) - 1
    assert list(learner.runs(3)) == [(slice(0, 2), every), (slice(2, 3), resting)]
    engine.train(BATCHES)
    assert list(learner.runs(3)) == [(slice(0, 3), resting)]

    whole = engine_of(chosen, splits)
    monkeypatch.setattr(type(learner), "runs", lambda self, steps: [(slice(0, steps), every)])
    whole.train(BATCHES)
    for weight, expected in zip(learner.slow.fast, whole.learner.slow.fast, strict=True):
        np.testing.assert_array_equal(weight, expected, err_msg=weight.path)


def test_where_gradients_are_clipped_by_their_norm_a_resting_bias_counts(splits):
    chosen = recipe("whitening", "clip_norm")
    chosen = chosen.replace(whitening=chosen.whitening.replace(bias_epochs=0.5))
    assert [some for some, _ in engine_of(chosen, splits).learner.runs(3)] == [slice(0, 3)]


def test_a_fast_training_stopped_after_every_epoch_is_the_same_training(splits, tmp_path):
    trial = tiny.trial_of(recipe(*LADDER, "pad_crop"))
    whole = train(trial, splits, keep=tmp_path / "whole.npz")
    file, interruptions = tmp_path / "x.npz", 0
    while True:
        try:
            record = train(trial, splits, checkpoint=file, keep=tmp_path / "parts.npz", stop=lambda: True)
            break
        except Interrupted:
            interruptions += 1
            assert len(load_checkpoint(file).epochs) == interruptions
    assert interruptions == 2
    assert without_times(record) == without_times(whole)
    assert (tmp_path / "whole.npz").read_bytes() == (tmp_path / "parts.npz").read_bytes()


def test_seeds_of_one_compiled_fast_network_are_those_of_two(splits):
    chosen = recipe("whitening", "lookahead")
    engines = Engines()
    train(tiny.trial_of(chosen, 0), splits, engines=engines)
    after = train(tiny.trial_of(chosen, 1), splits, engines=engines)
    assert len(engines) == 1
    assert without_times(train(tiny.trial_of(chosen, 1), splits)) == without_times(after)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_train_the_same_network(backend, tmp_path):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    import fast_on_backend

    file = tmp_path / "out.npz"
    environment = tiny.environment() | {
        "KERAS_BACKEND": backend,
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run(
        [tiny.ready(backend), fast_on_backend.__file__, str(file)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found, here = np.load(file), fast_on_backend.figures()
    assert set(found) == set(here)
    for name, expected in here.items():
        np.testing.assert_allclose(found[name], expected, rtol=2e-3, atol=2e-3, err_msg=name)
