"""Seeds on demand: who gets more of them, in which order, and that nothing but the finished trials decides it."""

import json
import os
import signal
import zlib
from pathlib import Path

import numpy as np
import pytest
import tiny
from tiny import Quiet, run_study, table, tables

from ablation import report
from ablation.errors import UserError
from ablation.results import read as results
from ablation.runner.options import OptionError, Options

pytestmark = pytest.mark.usefixtures("no_figures")
pytest.importorskip("keras")

LADDER = [
    {"step": "baseline"},
    {"step": "clear", "tricks": ["batch_norm"]},
    {"step": "equal", "from": "baseline", "tricks": ["noise"]},
    {"step": "unclear", "from": "baseline", "tricks": ["dropout"]},
]
LOOKED_AT = {"ladder": LADDER, "seeds": 3}
EFFECTS = {"clear": 0.2, "equal": 0.0, "unclear": 0.009}
DEVIATIONS = {"clear": 0.001, "equal": 0.001, "unclear": 0.006}


def step_of(trial) -> str:
    recipe = trial.setting.recipe
    return (
        "clear"
        if recipe.norm
        else "equal"
        if recipe.augment
        else "unclear"
        if recipe.block_end
        else "baseline"
    )


def normal(step: str, seed: int) -> float:
    return float(np.random.default_rng([seed, zlib.crc32(step.encode())]).normal())


class Known(tiny.Trainer):
    """Stands in for training: the true effect of each step is known, and the deviation of its differences."""

    def __init__(self) -> None:
        super().__init__()
        self.effects, self.deviations, self.noise = EFFECTS, DEVIATIONS, normal

    def __call__(self, trial, *arguments, **more):
        record = super().__call__(trial, *arguments, **more)
        step = step_of(trial)
        noise = self.deviations.get(step, 0.0) * self.noise(step, trial.seed)
        accuracy = float(np.clip(0.5 + self.effects.get(step, 0.0) + noise, 0, 1))
        return record | {"test_accuracy": accuracy, "train_accuracy": 0.9, "gap": 0.9 - accuracy}

    def seeds(self) -> dict[str, list[int]]:
        """Of each step, in the order of training."""
        found: dict[str, list[int]] = {}
        for trial in self.trained:
            found.setdefault(step_of(trial), []).append(trial.seed)
        return found


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    trainer = Known()
    monkeypatch.setattr("ablation.runner.executors.local.train", trainer)
    return trainer


@pytest.fixture
def file(study_file):
    return study_file(**LOOKED_AT)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What `answers` tells of a run of `file` that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ablation.runner.executors.local.train", Known())
        tiny.draw_nothing(patch)
        run_study(tiny.write_study(folder / "tiny.yaml", **LOOKED_AT), folder / "out", resolve=True)
        return answers(folder / "out")


def answers(folder) -> dict:
    """Trials, epochs, summary and looks of a results folder, without times."""
    return tables(folder) | {"summary": summary(folder), "looks": looks(folder)}


def looks(folder) -> dict:
    return json.loads((folder / "manifest.json").read_text())["looks"]


def summary(folder) -> dict[str, dict[str, str]]:
    report.write(folder)
    return {row["step"]: row for row in table(folder / "summary.csv")}


def test_the_unclear_gets_seeds_with_its_base_and_the_others_stop(known, file, tmp_path):
    out, display = tmp_path / "out", Quiet()
    outcome = run_study(file, out, display, resolve=True)
    few, many = [0, 1, 2], list(range(20))
    assert known.seeds() == {"baseline": many, "clear": few, "equal": few, "unclear": many}
    assert (outcome.trained, outcome.kept, outcome.bad, outcome.interrupted) == (46, 0, 0, False)
    assert display.notes[1:] == [
        "look 2 of 4, at 6 seeds: open and in reach: unclear",
        "look 3 of 4, at 11 seeds: open and in reach: unclear",
        "look 4 of 4, at 20 seeds: open and in reach: unclear",
        "4 of 4 looks taken: no comparison is open",
    ]
    told = looks(out)
    assert (told["seeds"], told["order"], told["taken"]) == ([3, 6, 11, 20], many, 4)
    rows = summary(out)
    assert [rows[step]["verdict_kind"] for step in EFFECTS] == ["helps", "no difference", "helps"]
    assert [(rows[step]["pairs"], rows[step]["looks"]) for step in EFFECTS] == [
        ("3", "1"),
        ("3", "1"),
        ("20", "4"),
    ]
    page = " ".join((out / "report.md").read_text().split())
    assert "4 of 4 looks planned at 3, 6, 11 and 20 seeds were taken" in page
    assert "3 seeds over 1 look: clear and equal; 20 seeds over 4 looks: unclear." in page


def test_what_is_clear_at_the_first_look_gets_no_seed_more(known, file, tmp_path):
    known.effects = {"clear": 0.2, "equal": 0.0, "unclear": -0.2}
    display = Quiet()
    assert run_study(file, tmp_path / "out", display, resolve=True).trained == 12
    assert display.notes[1:] == ["1 of 4 looks taken: no comparison is open"]
    assert results.load(tmp_path / "out").manifest["end"] is not None


def test_what_is_out_of_reach_is_left_open_and_said_to_be(known, file, tmp_path):
    known.effects, known.deviations = EFFECTS | {"unclear": 0.0}, DEVIATIONS | {"unclear": 0.15}
    known.noise = lambda step, seed: (-1) ** seed
    display = Quiet()
    run_study(file, tmp_path / "out", display, resolve=True)
    assert len(known.seeds()["unclear"]) < 20
    assert display.notes[-1] == f"{looks(tmp_path / 'out')['taken']} of 4 looks taken: open: unclear"


def test_seeds_that_are_named_come_first_and_those_above_them_follow(known, file, tmp_path):
    run_study(file, tmp_path / "out", resolve=True, seeds=(7, 3), max_seeds=20)
    told = looks(tmp_path / "out")
    assert told["seeds"][0] == 2 and told["taken"] > 1
    assert told["order"][:4] == [7, 3, 8, 9] and len(told["order"]) == 20
    assert known.seeds()["baseline"] == told["order"][: told["seeds"][told["taken"] - 1]]


@pytest.mark.parametrize("at", [5, 14, 20, 40])
def test_stopped_and_gone_on_with_to_the_same_tables(known, file, whole, tmp_path, at):
    def interrupt(progress) -> None:
        if len(known.trained) == at and progress.epoch == 1:
            os.kill(os.getpid(), signal.SIGINT)

    assert run_study(file, tmp_path / "out", Quiet(interrupt), resolve=True).interrupted
    assert results.load(tmp_path / "out").manifest["end"] is None
    again = run_study(file, tmp_path / "out", resolve=True)
    assert (again.trained, again.kept) == (46 - at + 1, at - 1)
    assert answers(tmp_path / "out") == whole


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import ablation.runner.executors.local as local
from test_resolve import Known
from tiny import run_study
local.train = known = Known()
def kill(trial):
    if len(known.trained) == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
known.fail = kill
run_study(Path(sys.argv[2]), Path(sys.argv[3]), resolve=True)
"""


@pytest.mark.slow
def test_a_process_that_was_killed_again_and_again(known, file, whole, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(KILLED)
    for number in ("6", "9", "12"):
        arguments = (str(script), str(Path(__file__).parent), str(file), str(tmp_path / "out"), number)
        tiny.keras_python(*arguments, cwd=tmp_path, expected=-signal.SIGKILL)
    assert run_study(file, tmp_path / "out", resolve=True).kept == 5 + 8 + 11
    assert answers(tmp_path / "out") == whole


@pytest.mark.slow
def test_several_processes_come_to_the_same_tables(study_file, tmp_path, ready_processes):
    file = study_file(ladder=tiny.STUDY["ladder"][:2], training={"epochs": 1, "batch_size": 16})
    for jobs in (1, 2):
        run_study(file, tmp_path / str(jobs), resolve=True, seeds=2, max_seeds=4, jobs=jobs)
    assert tables(tmp_path / "1") == tables(tmp_path / "2")
    assert looks(tmp_path / "1")["taken"] > 1


def test_after_the_hours_no_look_begins_and_the_next_run_goes_on(known, file, whole, tmp_path):
    display = Quiet()
    outcome = run_study(file, tmp_path / "out", display, resolve=True, hours=1e-9)
    assert (outcome.trained, outcome.interrupted) == (12, False)
    assert display.notes[-1] == "1e-09 h are over: look 2 of 4 does not begin"
    assert looks(tmp_path / "out")["taken"] == 1
    run_study(file, tmp_path / "out", resolve=True)
    assert answers(tmp_path / "out") == whole
    known.trained.clear()
    run_study(file, tmp_path / "out", resolve=True, hours=1e-9)
    assert known.trained == [] and looks(tmp_path / "out")["taken"] == 4, "what is there takes no time"


def test_the_same_training_gets_its_seeds_in_every_design(known, study_file, tmp_path):
    ladder = [one | {"from": "baseline"} if one["step"] != "baseline" else one for one in LADDER]
    out = tmp_path / "out"
    run_study(study_file(ladder=ladder, seeds=3), out, resolve=True, designs=("cumulative", "add-one"))
    seeds: dict[tuple[str, str], int] = {}
    for row in tables(out)["trials"]:
        place = row["design"], row["step"]
        seeds[place] = seeds.get(place, 0) + 1
    for step, number in (("baseline", 20), ("clear", 3), ("equal", 3), ("unclear", 20)):
        assert seeds["cumulative", step] == seeds["add-one", step] == number
    assert len(known.trained) == 46
    manifest = results.load(out).manifest
    assert manifest["families"] == [{"epochs": None, "protocol": None, "comparisons": 3}]


def test_the_family_is_the_studys_whatever_steps_were_picked(known, file, tmp_path):
    run_study(file, tmp_path / "some", resolve=True, steps=("baseline", "unclear"), max_seeds=3)
    run_study(file, tmp_path / "all", resolve=True, max_seeds=3)
    some, whole = (results.load(tmp_path / name).manifest for name in ("some", "all"))
    assert some["families"] == whole["families"] == [{"epochs": None, "protocol": None, "comparisons": 3}]
    row = summary(tmp_path / "some")["unclear"]
    assert float(row["p_holm"]) == pytest.approx(min(1, 3 * float(row["p"])))


def test_a_comparison_outside_the_family_gets_no_seeds(known, study_file, tmp_path):
    ladder = [one | ({"primary": False} if one["step"] == "unclear" else {}) for one in LADDER]
    run_study(study_file(ladder=ladder, seeds=3), tmp_path / "out", resolve=True)
    assert known.seeds()["unclear"] == [0, 1, 2]
    manifest = results.load(tmp_path / "out").manifest
    assert manifest["families"][0]["comparisons"] == 2
    assert [step["primary"] for step in manifest["steps"]] == [True, True, True, False]


def test_a_run_with_nothing_to_resolve_but_an_exploratory_step_ends_with_its_report(
    known, study_file, tmp_path
):
    ladder = [one | ({"primary": False} if one["step"] == "unclear" else {}) for one in LADDER]
    display, out = Quiet(), tmp_path / "out"
    run_study(study_file(ladder=ladder, seeds=3), out, display, resolve=True, steps=("baseline", "unclear"))
    assert display.notes[-1] == "1 of 4 looks taken: no comparison of the study's to resolve"
    assert summary(out)["unclear"]["pairs"] == "3"


@pytest.mark.parametrize("more", [{"steps": ("baseline", "clear")}, {"designs": ("leave-one-out",)}])
def test_another_resolve_in_the_folder_takes_no_verdict_back(known, file, tmp_path, more):
    out = tmp_path / "out"
    run_study(file, out, resolve=True)
    before = {step: row["verdict"] for step, row in summary(out).items()}
    assert before["unclear"].startswith("helps")
    run_study(file, out, resolve=True, **more)
    assert looks(out)["taken"] == 4
    report.write(out)
    rows = [row for row in table(out / "summary.csv") if row["design"] == "cumulative"]
    assert {row["step"]: row["verdict"] for row in rows} == before


def test_fail_fast_begins_no_look_after_the_one_that_failed(known, file, tmp_path):
    def fail(trial) -> None:
        if (step_of(trial), trial.seed) == ("unclear", 2):
            raise RuntimeError("no")

    known.fail = fail
    outcome = run_study(file, tmp_path / "out", resolve=True, fail_fast=True)
    assert (outcome.trained, outcome.bad) == (12, 1)


def test_a_step_that_always_fails_gets_no_more_seeds(known, file, tmp_path):
    def fail(trial) -> None:
        if step_of(trial) == "unclear":
            raise RuntimeError("no")

    known.fail, known.effects = fail, {"clear": 0.2, "equal": -0.2}
    outcome = run_study(file, tmp_path / "out", resolve=True)
    assert (outcome.trained, outcome.bad) == (12, 3)
    known.trained.clear()
    again = run_study(file, tmp_path / "out", resolve=True, retry_failed=True)
    assert (again.trained, again.bad) == (3, 3), "each once, not once a look"


def test_a_study_without_comparisons_is_trained_and_said_to_have_none(known, file, tmp_path):
    display = Quiet()
    outcome = run_study(file, tmp_path / "out", display, resolve=True, steps=("unclear",))
    assert outcome.trained == 3
    assert display.notes[-1] == "1 of 4 looks taken: no comparison of the study's to resolve"


def test_a_run_without_looks_leaves_those_of_the_folder(known, file, tmp_path):
    out = tmp_path / "out"
    run_study(file, out, resolve=True, max_seeds=8)
    before, told = summary(out), looks(out)
    assert run_study(file, out).trained == 0
    assert looks(out) == told and summary(out) == before
    run_study(file, out, resolve=True)
    assert looks(out) == told, "the looks are those that were planned"
    with pytest.raises(
        OptionError, match=r"^max_seeds: the looks of this folder .* at 3, 4, 6, 8 seeds, found 3, 5,"
    ):
        run_study(file, out, resolve=True, max_seeds=12)
    with pytest.raises(OptionError, match=r"^seeds: the looks of this folder"):
        run_study(file, out, resolve=True, seeds=4)
    assert run_study(file, out, resolve=True, max_seeds=12, fresh=True).trained > 12


def test_seeds_that_lie_there_are_kept_and_count_at_their_look(known, file, whole, tmp_path):
    run_study(file, tmp_path / "out", seeds=6)
    known.trained.clear()
    run_study(file, tmp_path / "out", resolve=True)
    assert known.seeds()["unclear"] == list(range(6, 20))
    there, here = whole["summary"]["unclear"], summary(tmp_path / "out")["unclear"]
    assert (here["verdict"], here["delta"]) == (there["verdict"], there["delta"])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_seeds": 5}, "max_seeds: expected resolve with it"),
        ({"hours": 2}, "hours: expected resolve with it"),
        ({"resolve": True, "hours": 0}, "hours: expected a number of hours above 0, found '0'"),
        ({"resolve": True, "hours": "inf"}, "hours: expected a number of hours above 0, found 'inf'"),
        ({"resolve": True, "hours": "soon"}, "hours: expected a number of hours above 0, found 'soon'"),
        ({"resolve": True, "max_seeds": 1}, "max_seeds: expected a whole number from 2, found '1'"),
        ({"resolve": True, "seeds": 1}, "seeds: expected 2 or more for the first look of resolve, found 1"),
        (
            {"resolve": True, "seeds": 5, "max_seeds": 4},
            "max_seeds: expected at least the 5 seeds of the first look, found 4",
        ),
        (
            {"resolve": True, "seeds": (1, 2**31 - 1)},
            "seeds: expected seeds that leave room for 10000 more with resolve",
        ),
        ({"resolve": "yes"}, "resolve: expected True or False, found 'yes'"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, told):
    with pytest.raises(OptionError) as refused:
        Options(**options)
    assert str(refused.value) == told


def test_more_seeds_at_the_first_look_than_at_the_last_are_refused(known, file, tmp_path):
    with pytest.raises(
        UserError, match=r"^max_seeds: expected at least the 3 seeds of the first look, found '2'"
    ):
        run_study(file, tmp_path / "out", resolve=True, max_seeds=2)
    assert known.trained == []
