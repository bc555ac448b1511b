"""How long a study will take."""

import functools

import pytest
import tiny

from ablation.bench import forecast
from ablation.networks.layout import blank_problem

PROBLEM = blank_problem((32, 32, 3), 10)


def test_a_training_takes_its_whole_batches_and_a_third_of_what_is_judged():
    work = forecast.Work(tiny.recipe(epochs=5, batch_size=16), train=70, judged=30)
    assert work.seconds(speed=10.0) == pytest.approx(5 * (64 + 10) / 10)


def test_fewer_images_than_a_batch_are_one_batch():
    work = forecast.Work(tiny.recipe(epochs=1, batch_size=128), train=70, judged=0)
    assert work.seconds(speed=7.0) == pytest.approx(10.0)


def test_networks_that_differ_in_epochs_alone_are_timed_once(monkeypatch):
    asked = []

    def speeds(recipes, problem, at_once):
        asked.extend(recipes)
        yield from (10.0, 20.0)

    monkeypatch.setattr(forecast, "speeds", speeds)
    short, long, other = (
        forecast.Work(tiny.recipe(batch_size=16, **fields), train=64, judged=0)
        for fields in ({"epochs": 2}, {"epochs": 4}, {"epochs": 2, "widths": (8,)})
    )
    said: list[str] = []
    found = forecast.forecast([short, other, long], PROBLEM, 1, said.append)
    assert [recipe.widths for recipe in asked] == [(4,), (8,)]
    assert found == pytest.approx((12.8, 6.4, 25.6))
    assert said == ["timing network 1 of 2", "timing network 2 of 2"]


@pytest.mark.slow
def test_what_is_forecast_is_what_a_training_takes(tmp_path, ready_processes, monkeypatch):
    """Within a factor of four: whatever else the machine does hits one of the two."""
    from ablation.study import load, plan

    monkeypatch.setattr(forecast, "speeds", functools.partial(forecast.speeds, seconds=0.5))
    file = tiny.write_study(
        tmp_path / "tiny.yaml",
        seeds=2,
        network={"widths": [16, 32], "convs_per_block": 1, "head": [32]},
        training={"epochs": 3, "batch_size": 64},
        data={"train": 640, "val": 64, "test": 32},
    )
    tiny.run_study(file, tmp_path / "out", steps=("baseline",))
    took = tiny.trial_times(tmp_path / "out")[1]  # without the compilation, which the seeds share
    step = plan(load(str(file)), preset="full", dataset="shapes", steps=("baseline",))[0]
    work = forecast.Work(step.setting.recipe, train=640, judged=0)
    (foretold,) = forecast.forecast([work], PROBLEM, 1, lambda text: None)
    assert took / 4 < foretold < took * 4
