"""On how many processor threads a trial computes: as many as its run was told, whatever the machine has."""

import dataclasses
import json
import os

import pytest
import tiny
from tiny import run_study

from ablation import hardware
from ablation.cli import main
from ablation.data.request import DataRequest
from ablation.data.sizes import Sizes
from ablation.errors import UserError
from ablation.runner.executors import local
from ablation.runner.executors.task import Task

THREADS = """
import os, sys
from ablation.hardware import use_threads
use_threads(int(sys.argv[1]))
import keras
keras.ops.convert_to_numpy(keras.ops.conv(keras.ops.ones((8, 32, 32, 8)), keras.ops.ones((3, 3, 8, 8))))
names = [open(f"/proc/self/task/{one}/comm").read().strip() for one in os.listdir("/proc/self/task")]
print(names.count("tf_XLAEigen") if keras.backend.backend() == "jax" else len(names))
"""
TRAINED = """
import sys
from pathlib import Path
from tiny import run_study
if __name__ == "__main__":
    file, out, jobs = sys.argv[1:]
    run_study(Path(file), Path(out), jobs=int(jobs), threads=2)
"""
LADDER = [{"step": "baseline"}, {"step": "l2", "tricks": ["l2"]}]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_backend_has_as_many_threads_as_it_was_told(backend, monkeypatch, tmp_path):
    pytest.importorskip(backend)
    monkeypatch.setenv("KERAS_BACKEND", backend)
    two, three = (int(tiny.keras_python("-c", THREADS, count, cwd=tmp_path).stdout) for count in "23")
    assert two < three


BEGUN = """
import keras
keras.ops.convert_to_numpy(keras.ops.ones(2))
from ablation.errors import UserError
from ablation.hardware import use_threads
try:
    use_threads(3)
except UserError as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_threads_that_a_process_cannot_have_any_more_are_refused(backend, monkeypatch, tmp_path):
    pytest.importorskip(backend)
    monkeypatch.setenv("KERAS_BACKEND", backend)
    told = tiny.keras_python("-c", BEGUN, cwd=tmp_path).stdout
    assert "begun to compute on another number than 3" in told


@pytest.mark.slow
def test_figures_of_two_threads_do_not_depend_on_who_trains_them_and_are_kept_apart(tmp_path, capsys):
    file = tiny.write_study(tmp_path / "tiny.yaml", ladder=LADDER, seeds=1)
    script = tmp_path / "train.py"
    script.write_text(TRAINED)
    for jobs in "12":
        tiny.keras_python(str(script), str(file), jobs, jobs, cwd=tmp_path)
    assert tiny.tables(tmp_path / "1") == tiny.tables(tmp_path / "2")
    assert json.loads((tmp_path / "1" / "manifest.json").read_text())["threads"] == 2
    run_study(file, tmp_path / "one")
    two, one = ({path.name for path in (tmp_path / name / "trials").iterdir()} for name in ("1", "one"))
    assert len(two) == len(one) == 2 and not two & one
    assert main(["run", str(file), "--preset", "full", "--seeds", "1", "--out", str(tmp_path / "1")]) == 2
    assert "threads: 2 there, 1 now" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "1")]) == 0
    assert ", 2 threads a trial, " in (tmp_path / "1" / "report.md").read_text()


def test_a_process_that_has_computed_on_one_thread_is_no_place_for_two(study_file, tmp_path):
    keras = pytest.importorskip("keras")
    keras.ops.convert_to_numpy(keras.ops.ones(2))
    refused = r"^threads: this process has begun .* another number than 2; start a new one$"
    with pytest.raises(UserError, match=refused):
        run_study(study_file(), tmp_path / "out", threads=2)
    assert not (tmp_path / "out").exists()
    trial = dataclasses.replace(tiny.trial(), threads=2)
    with pytest.raises(UserError, match=refused):
        local.carry_out(Task(trial, DataRequest("shapes", None, "honest", Sizes(train=9)), None), print, bool)


@pytest.mark.parametrize(("cores", "threads", "jobs"), [(8, 1, 8), (8, 3, 2), (2, 2, 1), (2, 4, 1)])
def test_as_many_trials_at_a_time_as_cores_hold_their_threads(cores, threads, jobs, monkeypatch):
    pytest.importorskip("keras")
    monkeypatch.setattr(hardware, "accelerators", lambda: ())
    monkeypatch.setattr(hardware, "usable_cores", lambda: cores)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": 1e12}.__getitem__)
    assert hardware.default_jobs(threads) == jobs
