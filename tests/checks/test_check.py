"""The whole list on networks and data that are known to be sound, or broken in one known way."""

import dataclasses

import numpy as np
import pytest

from ablation.checks import check, check_data, check_network, table
from ablation.cli import main
from ablation.data import Splits
from ablation.recipe import Layer, Recipe

pytestmark = pytest.mark.slow

CLASSES = ("red", "green", "blue", "grey")
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
    tint = np.array([[60, 0, 0], [0, 60, 0], [0, 0, 60], [0, 0, 0]])[labels][:, None, None]
    return (rng.integers(0, 190, (number, 16, 16, 3)) + tint).astype(np.uint8), labels


def make(**arrays: np.ndarray) -> Splits:
    (x_train, y_train), (x_val, y_val), (x_test, y_test) = part(256, 0), part(200, 1), part(200, 2)
    sound = Splits("tints", CLASSES, x_train, y_train, x_val, y_val, x_test, y_test, "tints", "made")
    return dataclasses.replace(sound, **arrays)


def statuses(findings) -> dict[str, str]:
    return {finding.name: finding.status for finding in findings}


def named(findings, name: str):
    return next(finding for finding in findings if finding.name == name)


@pytest.fixture
def spoilt(monkeypatch):
    """Builds every network with one thing done to it."""

    def spoil(change):
        from ablation.engine import learner
        from ablation.network import build

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
    labels = np.random.default_rng(0).permutation(part(256, 0)[1])
    found = check_network(SMALL, make(y_train=labels))
    assert statuses(found)["overfits 64 images"] == "pass"
    assert statuses(found)["shuffled-label control"] == "fail"


def test_duplicates_and_other_brightness_are_named():
    x, _ = part(200, 2)
    found = check_data(make(x_val=x, x_test=x // 4), batch=64)
    assert statuses(found)["same preprocessing"] == "fail"
    assert (
        statuses(check_data(make(x_test=part(256, 0)[0][:200]), batch=64))["duplicates between splits"]
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
