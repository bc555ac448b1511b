"""Trials one after the other and several at once: the same tables, whatever dies."""

import errno
import multiprocessing
import os
import signal

import pytest
import tiny
from tiny import Quiet, run_study, tables

from ablation.data.sizes import Sizes
from ablation.errors import UserError
from ablation.runner.executors.task import failed_record

pytest.importorskip("keras")

from ablation.train.loop import train

GOOD = [
    {"step": "baseline"},
    {"step": "batch_norm", "tricks": ["batch_norm"]},
    {"step": "l2", "tricks": ["l2"]},
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A study really trained, in this process: its file, its folder and its tables."""
    folder = tmp_path_factory.mktemp("whole")
    file = tiny.write_study(folder / "tiny.yaml", ladder=GOOD)
    assert run_study(file, folder / "out").bad == 0
    return file, folder / "out", tables(folder / "out")


def test_a_failure_is_recorded_in_one_line_of_bearable_length():
    record = failed_record(tiny.trial(), "RuntimeError: " + "x\n" * 5000)
    assert (record["status"], record["epochs"]) == ("failed", [])
    assert "\n" not in record["error"] and len(record["error"]) <= 500


def test_more_images_than_memory_holds_is_a_mistake_of_the_user(monkeypatch):
    from ablation.data import request

    def too_many(*_, **__):
        raise MemoryError

    monkeypatch.setattr(request, "load", too_many)
    with pytest.raises(UserError, match=r"data: shapes with train=9 .* needs more memory than there is"):
        request.read_data(request.DataRequest("shapes", None, "honest", Sizes(train=9)))


def test_two_runs_give_the_same_tables_to_the_last_digit(whole, tmp_path):
    file, _, expected = whole
    run_study(file, tmp_path / "again")
    assert tables(tmp_path / "again") == expected


def test_a_rung_added_on_top_leaves_the_rungs_below_as_they_were(whole, tmp_path):
    _, _, expected = whole
    higher = tiny.write_study(tmp_path / "tiny.yaml", ladder=[*GOOD, {"step": "top", "tricks": ["dropout"]}])
    run_study(higher, tmp_path / "out")
    found = tables(tmp_path / "out")
    assert found["trials"][:-1] == expected["trials"]
    assert found["epochs"][: len(expected["epochs"])] == expected["epochs"]


def test_what_fails_or_diverges_is_a_row_and_the_rest_is_what_it_would_have_been(
    whole, tmp_path, monkeypatch
):
    _, _, expected = whole

    def faulty_train(trial, *arguments, **options):
        if trial.setting.recipe.learning_rate == 0.002:
            raise AttributeError("NoSuchLayer")
        return train(trial, *arguments, **options)

    monkeypatch.setattr("ablation.runner.executors.local.train", faulty_train)
    faulty = [
        {"step": "broken", "training": {"learning_rate": 0.002}},
        {"step": "wild", "training": {"learning_rate": 1e30}},
    ]
    rest = [{"training": {"learning_rate": 0.001}}, {}, {}]
    ladder = [*faulty, *(one | more for one, more in zip(GOOD, rest, strict=True))]
    file = tiny.write_study(tmp_path / "tiny.yaml", ladder=ladder)
    outcome = run_study(file, tmp_path / "out")
    rows = tables(tmp_path / "out")["trials"]
    assert (outcome.trained, outcome.bad) == (5, 2)
    assert [row["status"] for row in rows] == ["failed", "diverged", "done", "done", "done"]
    assert rows[0]["error"].startswith("AttributeError: ") and "NoSuchLayer" in rows[0]["error"]
    assert rows[1]["error"].startswith("loss ") and "of epoch 1" in rows[1]["error"]
    assert [row["test_loss"] for row in rows[2:]] == [row["test_loss"] for row in expected["trials"]]
    assert [row["config_hash"] for row in rows[2:]] == [row["config_hash"] for row in expected["trials"]]
    retried = run_study(file, tmp_path / "out", retry_failed=True)
    assert (retried.trained, retried.kept, retried.bad) == (2, 3, 2)


@pytest.mark.slow
def test_a_killed_process_fails_its_own_trial_only(whole, tmp_path, ready_processes):
    file, _, expected = whole
    killed: list[int] = []

    def kill_one(progress) -> None:
        if not killed:
            killed.append(multiprocessing.active_children()[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    outcome = run_study(file, tmp_path / "out", Quiet(kill_one), jobs=2)
    rows = tables(tmp_path / "out")["trials"]
    assert (outcome.trained, outcome.bad, outcome.interrupted) == (3, 1, False)
    (bad,) = [row for row in rows if row["status"] == "failed"]
    assert bad["error"] == "the process was killed by signal 9"
    good = [row["step"] for row in rows if row["status"] == "done"]
    assert [row for row in rows if row["step"] in good] == [
        row for row in expected["trials"] if row["step"] in good
    ]
    assert multiprocessing.active_children() == []

    assert run_study(file, tmp_path / "out", retry_failed=True).trained == 1
    assert tables(tmp_path / "out") == expected


@pytest.mark.slow
def test_ctrl_c_among_several_processes_loses_nothing(whole, tmp_path, ready_processes):
    file, _, expected = whole
    told: list[int] = []

    def interrupt(progress) -> None:
        if not told and progress.row is not None:
            told.append(1)
            os.kill(os.getpid(), signal.SIGINT)

    outcome = run_study(file, tmp_path / "out", Quiet(interrupt), jobs=2)
    assert outcome.interrupted
    assert outcome.trained < 3
    assert list((tmp_path / "out" / "checkpoints").glob("*.npz"))
    outcome = run_study(file, tmp_path / "out", jobs=2)
    assert (outcome.bad, outcome.interrupted) == (0, False)
    assert tables(tmp_path / "out") == expected
    assert not list((tmp_path / "out" / "checkpoints").glob("*.npz"))


SCRIPT = """
import sys
from pathlib import Path
from tiny import run_study
{guard}run_study(Path(sys.argv[1]), Path(sys.argv[2]), jobs=2)
"""


def test_a_process_for_trials_is_there_before_it_imports_keras(tmp_path):
    """Or signals that the parent answers would end it, and its imports would not be uncollected."""
    code = "import sys; import ablation.runner.executors.worker; print('keras' in sys.modules)"
    assert tiny.python("-c", code, cwd=tmp_path).stdout == "False\n"


@pytest.mark.slow
def test_a_script_without_a_main_guard_is_one_hint_and_no_failed_trials(study_file, tmp_path):
    script, file = tmp_path / "script.py", study_file(ladder=GOOD[:2], seeds=1)
    script.write_text(SCRIPT.format(guard=""))
    done = tiny.keras_python(str(script), str(file), str(tmp_path / "out"), cwd=tmp_path, expected=1)
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("ablation.errors.UserError")]
    assert "if __name__ == '__main__':" in line and done.stderr.count("Traceback") == 1
    assert not list((tmp_path / "out" / "trials").glob("*.json"))
    script.write_text(SCRIPT.format(guard="if __name__ == '__main__': "))
    tiny.keras_python(str(script), str(file), str(tmp_path / "out"), cwd=tmp_path)
    assert [row["status"] for row in tables(tmp_path / "out")["trials"]] == ["done"] * 2


def test_a_full_temporary_folder_ends_the_run_as_a_full_results_folder_does(
    study_file, tmp_path, no_training
):
    def full(trial) -> None:
        if len(no_training.trained) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/x")

    no_training.fail = full
    with pytest.raises(UserError, match=r"/tmp/x: cannot be written .No space left on device"):
        run_study(study_file(), tmp_path / "out")
    assert [row["status"] for row in tables(tmp_path / "out")["trials"]] == ["done"]
    no_training.fail = lambda trial: None
    assert run_study(study_file(), tmp_path / "out").trained == 2


@pytest.mark.slow
def test_seeds_that_draw_their_own_images_do_not_depend_on_who_trains_them(tmp_path, ready_processes):
    """One compiled network takes seed after seed in one process; two processes share them otherwise."""
    file = tiny.write_study(tmp_path / "tiny.yaml", ladder=GOOD)
    for jobs in (1, 2):
        run_study(file, tmp_path / str(jobs), seeds=(0, 1, 2), jobs=jobs)
    run_study(file, tmp_path / "alone", seeds=(2,), jobs=1)
    assert tables(tmp_path / "1") == tables(tmp_path / "2")
    alone = tables(tmp_path / "alone")["trials"]
    assert [row for row in tables(tmp_path / "1")["trials"] if row["seed"] == "2"] == alone
