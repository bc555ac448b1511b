"""The whole list on networks and data that are known to be sound, or broken in one known way."""

import dataclasses
import subprocess

import numpy as np
import pytest
import tiny

from ablation.checks import before_training, check, check_data, check_network, table
from ablation.cli import main
from ablation.data import Splits
from ablation.engine.gradients import gradients
from ablation.engine.learner import new_learner
from ablation.networks.layout import layout
from ablation.recipe import Layer, Recipe
from ablation.train.engines import problem_of

pytestmark = pytest.mark.slow

CLASSES = ("grey", "red", "green", "blue", "cyan", "magenta", "yellow")
GLOROT = Layer.of("keras.initializers.GlorotUniform")
SMALL = Recipe(widths=(8, 16), convs_per_block=1, head=(16,), batch_size=32)
A4 = Recipe(
    widths=(8, 16, 32),
    convs_per_block=2,
    head=(64,),
    activation="sigmoid",
    initializer=GLOROT,
    scaling="unit",
)


def part(number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy images tinted by their class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(number, dtype=np.int32) % len(CLASSES)
    kinds = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0]])
    tint = 60 * kinds[labels][:, None, None]
    return (rng.integers(0, 190, (number, 16, 16, 3)) + tint).astype(np.uint8), labels


def make(**arrays: np.ndarray) -> Splits:
    (x_train, y_train), (x_val, y_val), (x_test, y_test) = part(280, 0), part(210, 1), part(210, 2)
    sound = Splits("tints", CLASSES, x_train, y_train, x_val, y_val, x_test, y_test, "tints", "made")
    return dataclasses.replace(sound, **arrays)


def statuses(findings) -> dict[str, str]:
    return {finding.name: finding.status for finding in findings}


def untrained(recipe: Recipe):
    splits = make()
    problem = problem_of(splits)
    learner = new_learner(recipe, problem, 1, 0)
    return before_training(learner, layout(recipe, problem), splits.x_train[:64], splits.y_train[:64])


def named(findings, name: str):
    return next(finding for finding in findings if finding.name == name)


@pytest.fixture
def spoilt(monkeypatch):
    """Builds every network with one thing done to it."""

    def spoil(change):
        from ablation.engine import learner
        from ablation.networks.build import build

        def spoilt_build(*arguments):
            model = build(*arguments)
            change(model)
            return model

        monkeypatch.setattr(learner, "build", spoilt_build)

    return spoil


def test_a_sound_network_on_sound_data_fails_nothing():
    found = check(SMALL, make())
    assert len(found) == 16 and "fail" not in statuses(found).values(), table(found)
    learning = ("overfits 64 images", "random-input control", "shuffled-label control", "gradient norms")
    assert {statuses(found)[name] for name in learning} == {"pass"}, table(found)
    assert table(found).splitlines()[-1].endswith("0 fail")


def test_deep_sigmoids_lose_gradient_and_image_at_a_named_layer():
    found = check_network(A4, make())
    gradient, signal = named(found, "gradient norms"), named(found, "images told apart")
    assert gradient.status == signal.status == "fail"
    assert "vanishing: it dies at block" in gradient.figure and gradient.figure.endswith("at block1_conv1")
    assert statuses(found)["overfits 64 images"] != "pass"


def test_deep_glorot_relu_loses_its_gradient_slowly_at_a_named_layer_and_he_does_not():
    a6 = Recipe(widths=(4, 8, 16, 32), convs_per_block=3, head=(32,), initializer=GLOROT, scaling="unit")
    found = untrained(a6)
    assert named(found, "gradient norms").status == "warn"
    assert "vanishing: it dies at block" in named(found, "gradient norms").figure
    assert named(found, "activation deviations").status == "fail"
    healed = untrained(a6.replace(initializer=Layer.of("keras.initializers.HeNormal"), scaling="standardize"))
    assert named(healed, "gradient norms").status == "pass"
    assert named(healed, "activation deviations").status != "fail"


def test_looking_at_a_network_does_not_change_it():
    splits = make()
    noisy = SMALL.replace(
        norm=Layer.of("keras.layers.BatchNormalization"),
        block_end=(Layer.of("keras.layers.Dropout", rate=0.3),),
    )
    problem = problem_of(splits)
    learner = new_learner(noisy, problem, 1, 0)
    before = learner.state()
    x, y = splits.x_train[:16], splits.y_train[:16]
    first = gradients(learner, x, y)
    before_training(learner, layout(noisy, problem), x, y)
    assert all(np.array_equal(old, new) for old, new in zip(before, learner.state(), strict=True))
    assert set(first) == {variable.path for variable in learner.trainable}
    assert all(np.array_equal(first[path], again) for path, again in gradients(learner, x, y).items())


def test_gradients_are_those_of_the_loss():
    splits = make()
    learner = new_learner(SMALL.replace(l2=0.01), problem_of(splits), 1, 0)
    x, y = splits.x_train[:16], splits.y_train[:16]
    found = gradients(learner, x, y)
    bias = next(variable for variable in learner.trainable if variable.path == "logits/bias")
    start, step = np.array(bias.value), np.float32(1e-2)
    for unit in range(len(CLASSES)):
        losses = []
        for sign in (1, -1):
            bias.assign(start + sign * step * np.eye(len(CLASSES), dtype=np.float32)[unit])
            losses.append(float(learner.objective(x, y)[0]))
        assert found["logits/bias"][unit] == pytest.approx((losses[0] - losses[1]) / (2 * step), abs=1e-3)


def test_gradients_and_the_list_before_training_work_on_jax():
    pytest.importorskip("jax")
    chosen = [
        f"{__file__}::test_gradients_are_those_of_the_loss",
        f"{__file__}::test_looking_at_a_network_does_not_change_it",
    ]
    environment = tiny.environment() | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    subprocess.run([tiny.ready("jax"), "-m", "pytest", "-q", *chosen], env=environment, check=True)


def test_huge_negative_biases_are_dead_units(spoilt):
    spoilt(lambda model: model.get_layer("block2_conv1").bias.assign(np.full(16, -1e3)))
    found = check_network(SMALL, make())
    assert (named(found, "dead units").status, named(found, "dead units").figure) == (
        "fail",
        "100% at block2_conv1",
    )
    assert named(found, "frozen variables").status == "fail"
    assert "block1_conv1/kernel" in named(found, "frozen variables").figure


def test_a_huge_learning_rate_is_named():
    found = check_network(SMALL.replace(learning_rate=10.0), make())
    assert named(found, "update to weight ratio").status != "pass"
    assert named(found, "update to weight ratio").advice == "lower the learning rate"
    assert statuses(found)["overfits 64 images"] != "pass"


def test_a_frozen_layer_is_named(spoilt):
    spoilt(lambda model: setattr(model.get_layer("block1_conv1"), "trainable", False))
    frozen = named(check_network(SMALL, make()), "frozen variables")
    assert frozen.status == "warn" and "block1_conv1/kernel" in frozen.figure


def test_shuffled_labels_are_named():
    labels = np.random.default_rng(0).permutation(part(280, 0)[1])
    found = check_network(SMALL, make(y_train=labels))
    assert statuses(found)["overfits 64 images"] != "fail"
    assert statuses(found)["shuffled-label control"] == "fail"


def test_duplicates_and_other_brightness_are_named():
    x, _ = part(210, 2)
    found = check_data(make(x_val=x, x_test=x // 4), batch=64)
    assert statuses(found)["same preprocessing"] == "fail"
    assert (
        statuses(check_data(make(x_test=part(280, 0)[0][:210]), batch=64))["duplicates between splits"]
        == "fail"
    )


def test_the_command_names_step_and_data_and_says_what_to_do(tmp_path, capsys):
    file = tmp_path / "deep.yaml"
    file.write_text(
        """
study: deep
dataset: shapes
network: {widths: [4, 8], convs_per_block: 1, head: [8]}
data: {train: 200, val: 100, test: 100}
ladder:
  - step: healthy
  - step: broken
    network: {widths: [4, 4, 4, 4], convs_per_block: 2, activation: sigmoid}
"""
    )
    assert main(["check", str(file), "--step", "broken"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "deep, broken: shapes (as asked), preset full"
    line = next(index for index, text in enumerate(out) if text.startswith("fail  gradient norms"))
    assert out[line + 1].strip().startswith("-> ReLU for sigmoid")
    assert main(["check", str(file), "--step", "broke"]) == 2
    assert "did you mean 'broken'" in capsys.readouterr().err
