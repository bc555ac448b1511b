"""Disks that are full, read-only or slow to read."""

import json
import subprocess
import time

import pytest
import tiny
from tiny import Quiet, run_study, tables

from ablation.cli import main
from ablation.errors import UserError
from ablation.study.trial import CONTRACT

pytest.importorskip("keras")

DISK, PAGE = 256 * 1024, 4096


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 kB; only where one may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(folder)],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_full_ends_the_run_with_one_line_and_room_lets_it_go_on(
    small_disk, study_file, tmp_path, no_training, capsys
):
    file, out = study_file(seeds=4), small_disk / "out"
    run_study(file, tmp_path / "whole")
    before = [tmp_path / "whole" / "manifest.json", *(tmp_path / "whole" / "samples").iterdir()]
    room = sum(file.stat().st_size // PAGE + 1 for file in before) + 6  # and six trials of less than a page
    filler = small_disk / "filler"
    filler.write_bytes(bytes(DISK - room * PAGE))
    capsys.readouterr()
    code = main(["run", str(file), "--preset", "full", "--out", str(out), "--jobs", "1"])
    line = capsys.readouterr().err
    assert code == 2
    assert line.startswith(f"ablation: {out}") and line.count("\n") == 1
    assert "No space left on device" in line
    finished = len(list((out / "trials").glob("*.json")))
    assert 0 < finished < 12
    assert not list(out.rglob("*.part"))
    filler.unlink()
    outcome = run_study(file, out)
    assert (outcome.trained, outcome.kept) == (12 - finished, finished)
    assert tables(out) == tables(tmp_path / "whole")


def test_a_disk_without_any_room_is_one_line(small_disk, study_file, no_training):
    (small_disk / "filler").write_bytes(bytes(DISK - 2 * PAGE))
    with pytest.raises(UserError, match=r"cannot be written .No space left on device"):
        run_study(study_file(), small_disk / "out")


def test_a_read_only_disk_is_one_line(small_disk, study_file, no_training):
    run_study(study_file(), small_disk / "out")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for folder in ("out", "new"):
        with pytest.raises(UserError, match=r"cannot be written .Read-only file system"):
            run_study(study_file(), small_disk / folder)
    assert len(no_training.trained) == 3


@pytest.mark.slow
def test_a_folder_of_2000_finished_trials_starts_its_first_new_one_within_five_seconds(
    study_file, tmp_path, no_training
):
    data = tiny.STUDY["data"] | {"draw": "shared"}
    file = study_file(ladder=[{"step": "baseline"}], training={"epochs": 50, "batch_size": 16}, data=data)
    out = tmp_path / "out"
    run_study(file, out, seeds=tuple(range(2)))
    (kept, _) = (json.loads(one.read_text()) for one in (out / "trials").glob("*.json"))
    trial = no_training.trained[0]
    for seed in range(2, 2000):
        record = kept | {
            "seed": seed,
            "config_hash": tiny.trial_again(trial, seed).config_hash,
            "contract": CONTRACT,
        }
        (out / "trials" / f"{record['config_hash']}.json").write_text(json.dumps(record, indent=1))
    begun: list[float] = []
    start = time.process_time()
    outcome = run_study(
        file, out, Quiet(lambda progress: begun.append(time.process_time() - start)), seeds=tuple(range(2001))
    )
    assert (outcome.trained, outcome.kept) == (1, 2000)
    assert begun[0] < 5, "seconds of processor time"
