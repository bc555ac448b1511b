"""Rates that follow the curves, against `keras.callbacks.ReduceLROnPlateau`."""

from types import SimpleNamespace

import numpy as np
import pytest
import tiny
from tiny import without_times

from ablation import tricks
from ablation.recipe import Recipe

keras = pytest.importorskip("keras")

from ablation.errors import UserError  # noqa: E402
from ablation.schedules import ReduceOnPlateau  # noqa: E402
from ablation.train.engines import Engines  # noqa: E402
from ablation.train.loop import Interrupted, train  # noqa: E402


def rows(*values: float, monitor: str = "val_loss") -> list[dict[str, float]]:
    return [{monitor: value} for value in values]


def test_a_plateau_by_hand():
    """The third, fifth, sixth and seventh epoch are no better by 0.1; two in a row cut the rate."""
    rule = ReduceOnPlateau(0.8, factor=0.5, patience=2, min_delta=0.1)
    curve = rows(3.0, 2.0, 1.95, 1.0, 0.95, 0.92, 0.91, 0.5)
    rates = [rule.rate(curve[:done]) for done in range(9)]
    assert rates == [0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.4, 0.4, 0.4]


def by_keras(curve: list[dict[str, float]], options: dict) -> list[float]:
    """The rate of every epoch and of the one behind the last."""
    theirs = {"min_lr" if key == "min_rate" else key: value for key, value in options.items()}
    mode = "max" if options["monitor"].endswith("accuracy") else "min"
    callback = keras.callbacks.ReduceLROnPlateau(**theirs, mode=mode, verbose=0)
    optimizer = keras.optimizers.SGD(0.8)
    callback.set_model(SimpleNamespace(optimizer=optimizer))
    callback.on_train_begin()
    rates = [0.8]
    for epoch, row in enumerate(curve):
        callback.on_epoch_end(epoch, dict(row))
        rates.append(float(np.array(optimizer.learning_rate)))
    return rates


@pytest.mark.parametrize(
    "options",
    [
        {"monitor": "val_loss", "factor": 0.5, "patience": 1},
        {"monitor": "val_loss", "factor": 0.1, "patience": 3, "min_delta": 0.05},
        {"monitor": "loss", "factor": 0.7, "patience": 2, "cooldown": 3},
        {"monitor": "val_accuracy", "factor": 0.5, "patience": 2, "cooldown": 1, "min_rate": 0.03},
        {"monitor": "accuracy", "factor": 0.5, "patience": 1, "min_delta": 0.0, "min_rate": 0.2},
    ],
)
def test_the_rates_are_those_of_keras(options):
    draw = np.random.default_rng(0)
    for _ in range(20):
        curve = rows(*draw.normal(size=60).cumsum() * 0.05, monitor=options["monitor"])
        rule = ReduceOnPlateau(0.8, **options)
        rates = [rule.rate(curve[:done]) for done in range(61)]
        assert rates == pytest.approx(by_keras(curve, options), rel=1e-5)
        assert rates[-1] < 0.8


def resting(**fields) -> Recipe:
    """Nothing is better by 10, so every epoch but the first cuts."""
    given = {"factor": 0.5, "patience": 1, "min_delta": 10.0}
    return tricks.apply("reduce_on_plateau", tiny.recipe(**fields), given)


def test_an_interrupted_training_goes_on_at_its_rate(splits, tmp_path):
    engines = Engines()
    trial, file, stops = tiny.trial_of(resting(epochs=5, learning_rate=0.01)), tmp_path / "x.npz", 0
    whole = train(trial, splits, engines=engines)
    assert [row["learning_rate"] for row in whole["epochs"]] == pytest.approx(
        [0.01, 0.01, 0.005, 0.0025, 0.00125]
    )
    while True:
        try:
            again = train(trial, splits, checkpoint=file, engines=engines, stop=lambda: True)
            break
        except Interrupted:
            stops += 1
    assert stops == 4
    assert without_times(again) == without_times(whole)


def test_the_rate_that_is_told_is_the_one_that_is_trained_with(splits):
    """Under SGD a rate cut to nothing leaves the weights where they are."""
    sgd = {"optimizer": {"path": "keras.optimizers.SGD"}, "learning_rate": 0.01}
    given = {"factor": 1e-30, "patience": 1, "min_delta": 10.0}
    recipe = tricks.apply("reduce_on_plateau", tiny.recipe(epochs=4, **sgd), given)
    losses = [row["val_loss"] for row in train(tiny.trial_of(recipe), splits)["epochs"]]
    assert losses[0] != losses[1] == losses[2] == losses[3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factor": 1.0}, "`factor` must be above 0 and under 1. Received: 1.0"),
        ({"patience": 0}, "`patience` must be 1 or more"),
        ({"monitor": "f1"}, "`monitor` must be one of val_loss, val_accuracy, loss, accuracy"),
        ({"cooldown": -1}, "`cooldown` must be 0 or more"),
    ],
)
def test_what_is_out_of_range_is_told_before_the_training(options, message):
    from ablation.engine.buildable import check_buildable
    from ablation.networks.layout import Problem, layout

    path = {"path": "ablation.schedules.ReduceOnPlateau", "options": options}
    recipe, problem = tiny.recipe(schedule=path), Problem((32, 32, 3), 10, (0.0,) * 3, (1.0,) * 3)
    with pytest.raises(UserError, match=message.replace("(", r"\(")):
        check_buildable("", recipe, layout(recipe, problem))
