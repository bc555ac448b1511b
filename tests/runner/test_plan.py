"""What a run plans: each design once, whatever else the run asks of it."""

import json

import pytest
import tiny
from tiny import run_study, tables

from ablation.errors import UserError
from ablation.results.folder import RunFolder
from ablation.runner import plan as planning
from ablation.runner.options import Options
from ablation.runner.plan import plan_run
from ablation.study import Study, Variant
from ablation.study.controls import CONTROLS

RESIDUAL = [
    {"step": "baseline"},
    {"step": "l2", "tricks": ["l2"]},
    {"step": "residual", "tricks": ["residual"]},
]


def laid_out(**options):
    study = Study.model_validate(tiny.STUDY | {"ladder": RESIDUAL})
    return plan_run(study, Options(preset="full", controls=CONTROLS, **options))


@pytest.fixture
def plans(monkeypatch):
    """The designs that a run plans, in order."""
    asked = []

    def counted(study, *, design, **settings):
        asked.append(design)
        return plan(study, design=design, **settings)

    plan = planning.plan
    monkeypatch.setattr(planning, "plan", counted)
    return asked


def test_a_step_left_out_takes_its_controls_along():
    assert [step.step for step in laid_out(steps=("baseline", "l2")).steps] == ["baseline", "l2", "aa"]
    whole = [step.step for step in laid_out(steps=("baseline", "l2")).whole]
    assert whole[:4] == ["baseline", "l2", "residual", "aa"], "what was not asked for is known nevertheless"
    with pytest.raises(UserError, match="--steps: unknown step 'aa'"):
        laid_out(steps=("aa",))


def test_each_design_is_planned_once_with_controls_and_on_a_resume(study_file, tmp_path, no_training, plans):
    file, out = study_file(ladder=RESIDUAL), tmp_path / "out"
    for _ in range(2):
        run_study(file, out, designs=("cumulative", "add-one"), controls=CONTROLS)
        assert plans == [Variant("cumulative"), Variant("add-one")]
        plans.clear()
    run_study(file, out, budgets=(1,))
    assert plans == [Variant("cumulative", 1), Variant("cumulative"), Variant("add-one")]


def test_a_users_own_steps_are_what_the_file_says_whatever_their_names(study_file, tmp_path, no_training):
    ladder = [
        {"step": "aa"},
        {"step": "without-noise", "tricks": ["noise"]},
        {"step": "o1_l2", "tricks": ["l2"]},
        {"step": "helps", "tricks": ["batch_norm"]},
    ]
    designs = ("cumulative", "leave-one-out", "orders")
    run_study(study_file(ladder=ladder, orders=1), tmp_path / "out", designs=designs, controls=("aa",))
    steps = RunFolder(tmp_path / "out").read_manifest()["steps"]
    told = {
        design: {
            step["step"]: (step["role"], step["change"], step["order"])
            for step in steps
            if step["design"] == design
        }
        for design in designs
    }
    assert told["cumulative"] == {
        "aa": ("start", None, None),
        "without-noise": ("added", "without-noise", None),
        "o1_l2": ("added", "o1_l2", None),
        "helps": ("added", "helps", None),
        "aa:aa": ("control", None, None),
    }
    assert told["leave-one-out"] == {
        "full": ("start", None, None),
        "without-without-noise": ("left_out", "without-noise", None),
        "without-o1_l2": ("left_out", "o1_l2", None),
        "without-helps": ("left_out", "helps", None),
        "aa": ("control", None, None),
    }
    orders = {step: fields for step, fields in told["orders"].items() if step != "start"}
    assert sorted(orders) == ["o1_helps", "o1_o1_l2", "o1_without-noise"]
    assert set(orders.values()) == {("added", name, 1) for name in ("helps", "o1_l2", "without-noise")}
    again = run_study(
        study_file(ladder=ladder, orders=1), tmp_path / "out", designs=designs, controls=("aa",)
    )
    assert again.trained == 0


def test_the_manifest_says_budget_and_protocol_in_fields(study_file, tmp_path, no_training):
    run_study(study_file(), tmp_path / "out", budgets=(2,), protocol="both")
    steps = json.loads((tmp_path / "out" / "manifest.json").read_text())["steps"]
    assert {(step["design"], *step["variant"].values()) for step in steps} == {
        ("cumulative@2", "cumulative", 2, None),
        ("cumulative@2@lecture", "cumulative", 2, "lecture"),
    }
    assert {row["design"] for row in tables(tmp_path / "out")["trials"]} == {
        "cumulative@2",
        "cumulative@2@lecture",
    }
