"""The loss around a network: curvature against the whole Hessian, the plane against its middle."""

import numpy as np
import pytest
import tiny

from ablation.errors import UserError
from ablation.recipe import Layer

pytest.importorskip("keras")

from ablation.engine import new_engine
from ablation.engine.gradients import gradients
from ablation.engine.learner import new_learner
from ablation.surface import check_place, largest_curvature, plane
from ablation.train.engines import problem_of
from ablation.train.judge import evaluate


def learner_of(splits, **fields):
    return new_learner(tiny.recipe(**fields), problem_of(splits), 4, seed=0)


def test_the_largest_curvature_is_that_of_the_whole_hessian(splits):
    pool = Layer.of("keras.layers.GlobalAveragePooling2D")
    learner = learner_of(splits, widths=(1,), head=(), flatten=pool, activation="tanh")
    x, y = splits.x_train[:16], splits.y_train[:16]
    before, columns = learner.state(), []
    for weight in learner.trainable:
        value = np.array(weight)
        for place in np.ndindex(value.shape):
            ends = []
            for sign in (1, -1):
                moved = value.copy()
                moved[place] += sign * 0.01
                weight.assign(moved)
                ends.append(np.concatenate([one.ravel() for one in gradients(learner, x, y).values()]))
            weight.assign(value)
            columns.append((ends[0] - ends[1]) / 0.02)
    hessian = np.array(columns)
    eigenvalues = np.linalg.eigvalsh((hessian + hessian.T) / 2)
    largest = eigenvalues[np.abs(eigenvalues).argmax()]
    found = largest_curvature(learner, x, y, np.random.default_rng(0), rounds=30)
    assert found == pytest.approx(largest, rel=0.05)
    assert all(map(np.array_equal, before, learner.state()))


def test_the_middle_of_the_plane_is_the_network_and_directions_are_as_long_as_its_filters(splits):
    learner = learner_of(splits)
    before = learner.state()
    losses = plane(learner, splits.x_val, splits.y_val, np.random.default_rng(0), (-1.0, 0.0, 1.0))
    engine = new_engine(learner, splits.x_train, splits.y_train)
    assert losses[1, 1] == pytest.approx(evaluate(engine, splits.x_val, splits.y_val)[0], rel=1e-5)
    assert losses.shape == (3, 3) and len(np.unique(losses)) == 9
    assert all(map(np.array_equal, before, learner.state()))


@pytest.mark.slow
def test_the_command_draws_a_plane_a_step(study_file, tmp_path, capsys):
    from ablation.cli import main

    file = study_file(training={"epochs": 1, "batch_size": 16})
    arguments = [
        "surface",
        str(file),
        "--preset",
        "full",
        "--steps",
        "baseline",
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(arguments) == 0
    assert "baseline: largest curvature " in capsys.readouterr().out
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["baseline.csv", "baseline.png"]
    assert main(["surface", "transfer", "--preset", "smoke", "--dataset", "shapes", "--steps", "frozen"]) == 2
    assert "frozen does not start from random weights" in capsys.readouterr().err


def test_planes_are_drawn_between_planes_alone(tmp_path):
    check_place(tmp_path / "new")
    for name in ("base.csv", "base.png"):
        (tmp_path / name).touch()
    check_place(tmp_path)
    (tmp_path / "grades.csv").touch()
    with pytest.raises(UserError, match=r"holds other files \(grades.csv\)"):
        check_place(tmp_path)
