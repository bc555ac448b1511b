"""What cannot be made is refused before the first training, by step and key."""

import json
from typing import Any

import pytest
import tiny

from ablation.errors import UserError
from ablation.recipe import Layer

keras = pytest.importorskip("keras")

from ablation.engine.buildable import check_buildable  # noqa: E402
from ablation.layers.mixup import Mixup  # noqa: E402
from ablation.networks.build import make_optimizer  # noqa: E402
from ablation.networks.layout import blank_problem, layout  # noqa: E402
from ablation.train.loop import train  # noqa: E402

SCHEDULES = "keras.optimizers.schedules."


def refused(**fields: Any) -> str:
    recipe = tiny.recipe(**fields)
    with pytest.raises(UserError) as raised:
        check_buildable("step 'x': ", recipe, layout(recipe, blank_problem((32, 32, 3), 10)))
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_each_part_is_named_by_its_key():
    noise = Layer.of("keras.layers.GaussianNoise", stddev=-1.0)
    assert "augment_gaussiannoise: keras.layers.GaussianNoise: cannot be made so" in refused(augment=[noise])
    strange = Layer.of("keras.optimizers.SGD", momentun=0.9)
    assert refused(optimizer=strange).startswith(
        "step 'x': training.optimizer: keras.optimizers.SGD: cannot be made"
    )
    assert "momentun" in refused(optimizer=strange)
    short = Layer.of(f"{SCHEDULES}PiecewiseConstantDecay", boundaries=["1 epoch"], values=[0.001])
    assert "training.schedule: keras.optimizers.schedules.PiecewiseConstantDecay" in refused(schedule=short)
    unit = Layer.of(f"{SCHEDULES}CosineDecay", decay_steps="1 epochs")
    assert "training.schedule" in refused(schedule=unit)
    mixer = Layer.of("keras.layers.MixUp", alpha=0.2)
    assert refused(mix=mixer).startswith("step 'x': training.mix: keras.layers.MixUp: cannot be made so (")


def test_a_mixer_that_tells_its_own_shapes_is_called_too(monkeypatch):
    monkeypatch.setattr(Mixup, "call", lambda self, inputs, training=True: inputs[0])
    told = refused(mix=Layer.of("ablation.layers.mixup.Mixup", alpha=0.2))
    assert "training.mix: ablation.layers.mixup.Mixup: cannot be made so (expected a layer that takes" in told


def test_what_can_be_made_passes():
    recipe = tiny.recipe(mix=Layer.of("ablation.layers.mixup.Mixup", alpha=0.2))
    check_buildable("", recipe, layout(recipe, blank_problem((32, 32, 3), 10)))


def test_boundaries_in_epochs_by_hand():
    """He et al. 2016: a tenth after half and three quarters; four epochs of ten steps."""
    schedule = Layer.of(
        f"{SCHEDULES}PiecewiseConstantDecay", boundaries=["2 epoch", "0.75 total"], values=[0.1, 0.01, 0.001]
    )
    rate = make_optimizer(
        tiny.recipe(schedule=schedule, learning_rate=0.1, epochs=4), 10, seed=0
    )._learning_rate
    for step, expected in ((0, 0.1), (20, 0.1), (21, 0.01), (30, 0.01), (31, 0.001)):
        assert float(rate(step)) == pytest.approx(expected), step


def test_a_rate_is_given_once():
    for fields, told in (
        ({"optimizer": Layer.of("keras.optimizers.SGD", learning_rate=0.1)}, "no option 'learning_rate'"),
        (
            {"schedule": Layer.of(f"{SCHEDULES}CosineDecay", initial_learning_rate=0.1)},
            "'initial_learning_rate'",
        ),
        (
            {"schedule": Layer.of(f"{SCHEDULES}PiecewiseConstantDecay", values=[0.5, 0.1])},
            "first of 'values'",
        ),
        (
            {"optimizer": Layer.of("keras.optimizers.SGD", weight_decay=0.1), "weight_decay": 0.2},
            "is set, and so is",
        ),
        (
            {"optimizer": Layer.of("keras.optimizers.SGD", clipnorm=1.0), "clip": {"by": "norm", "limit": 1}},
            "clipnorm",
        ),
    ):
        with pytest.raises(ValueError, match=told):
            tiny.recipe(**fields)


@pytest.mark.slow
def test_a_keras_json_of_the_user_changes_nothing(tmp_path, splits):
    """The same hash must be the same figures, to the last digit."""
    figures = "train_loss", "val_loss", "test_loss", "train_accuracy"
    code = (
        "import json, tiny; from ablation.train.loop import train;"
        "from ablation.data import load; from ablation.recipe import Layer;"
        "r = train(tiny.trial(norm=Layer.of('keras.layers.BatchNormalization'), epochs=1),"
        " load('shapes', train=64, val=32, test=32));"
        f"print(json.dumps([r[k] for k in {figures}]))"
    )
    settings = {"image_data_format": "channels_first", "floatx": "float16", "epsilon": 1e-2}
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "tensorflow", **settings}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_HOME", str(tmp_path))
        told = tiny.python("-c", code, cwd=tmp_path).stdout.splitlines()[-1]
    here = train(tiny.trial(norm=Layer.of("keras.layers.BatchNormalization"), epochs=1), splits)
    assert json.loads(told) == [here[figure] for figure in figures]
