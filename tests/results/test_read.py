"""Reading a results folder: its tables cell by cell, the trial files behind them, and nothing outside of it."""

import json
import os

import numpy as np
import pandas as pd
import pytest
from test_results import A, B, manifest, record, row, step

from ablation.errors import UserError
from ablation.results.folder import RunFolder
from ablation.results.read import load


@pytest.fixture
def folder(tmp_path):
    """Two trials of two steps, with their files."""
    made = RunFolder(tmp_path / "out")
    planned = [row("base", 0, A), row("noise", 1, B)]
    kept = {A: made.save_trial(record(A)), B: made.save_trial(record(B, test_accuracy=0.125))}
    made.write_tables(planned, kept)
    made.write_manifest(manifest([step("base"), step("noise", 1, "base")], planned))
    return made


def edit(folder, name, old, new):
    file = folder.path / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_cut_cell_is_found_by_its_trials_file_which_counts(folder):
    whole = load(folder.path)
    assert whole.disagreements == ()
    edit(folder, "trials.csv", "0.125", "0.1")
    edit(folder, "epochs.csv", "2.1", "2.0")
    found = load(folder.path)
    pd.testing.assert_frame_equal(found.trials, whole.trials)
    pd.testing.assert_frame_equal(found.epochs, whole.epochs)
    assert found.disagreements == (
        "trials.csv: test_accuracy of step noise, seed 0: 0.1 there, 0.125 in its trial's file, which counts",
        "epochs.csv: val_loss of step base, seed 0, epoch 1: 2.0 there, 2.1 in its trial's file, which counts",
    )


def test_a_report_says_what_disagrees(folder):
    from ablation.report.caveats import caveats
    from ablation.report.findings import collect

    edit(folder, "trials.csv", "0.125", "0.1")
    assert any("0.1 there, 0.125 in its trial's file" in note for note in caveats(collect(load(folder.path))))


def test_without_trial_files_the_tables_count(folder):
    whole = load(folder.path)
    for file in (folder.path / "trials").iterdir():
        file.unlink()
    found = load(folder.path)
    pd.testing.assert_frame_equal(found.trials, whole.trials)
    pd.testing.assert_frame_equal(found.epochs, whole.epochs)
    edit(folder, "trials.csv", "0.125", "0.1")
    assert load(folder.path).trials["test_accuracy"].tolist() == [0.625, 0.1]


def test_a_trial_finished_after_the_table_was_written_is_in_it(folder):
    whole = load(folder.path)
    lines = (folder.path / "trials.csv").read_text().splitlines(keepends=True)
    (folder.path / "trials.csv").write_text("".join(lines[:1] + lines[2:]))
    found = load(folder.path)
    pd.testing.assert_frame_equal(found.trials, whole.trials)
    assert found.disagreements == ()


CELLS = {
    "an infinite figure": ("0.125", "inf"),
    "a figure over 1": ("0.125", "1.25"),
    "a text": ("0.125", "high"),
    "a boolean": ("0.125", "True"),
    "nan": ("0.125", "nan"),
    "an unknown status": ("done", "fine"),
    "a done trial without figures": ("0.75,", ","),
    "a path for a hash": (A, "../../secret"),
    "a path for a step": ("noise", "../noise"),
    "half a position": ("noise,1", "noise,1.5"),
    "a negative position": ("noise,1", "noise,-1"),
    "a row cut off": ("noise,1,0,done", "noise,1,0\n"),
}


@pytest.mark.parametrize(("old", "new"), CELLS.values(), ids=CELLS)
def test_a_cell_that_its_column_cannot_hold_is_one_line(folder, old, new):
    for file in (folder.path / "trials").iterdir():
        file.unlink()
    edit(folder, "trials.csv", old, new)
    with pytest.raises(UserError, match=r"trials\.csv: ") as raised:
        load(folder.path)
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize("name", ["manifest.json", "trials.csv", "epochs.csv", f"trials/{A}.json"])
def test_a_pipe_is_not_waited_for(folder, name):
    (folder.path / name).unlink()
    os.mkfifo(folder.path / name)
    with pytest.raises(UserError, match="expected a regular file"):
        load(folder.path)


def test_no_name_in_a_folder_leads_out_of_it(folder, tmp_path):
    outside = record("c" * 16, confusion=[[1, 0], [0, 1]])
    (tmp_path / "secret.json").write_text(json.dumps({"contract": 1, **outside}))
    content = json.loads((folder.path / "manifest.json").read_text())
    content["trials"][0]["config_hash"] = "../../secret"
    (folder.path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"manifest\.json: trials\.0\.config_hash: "):
        load(folder.path)


def test_a_confusion_matrix_of_other_classes_is_refused(folder):
    folder.save_trial(record(A, confusion=np.eye(3, dtype=int)))
    with pytest.raises(UserError, match="confusion: expected 2 classes, found 3"):
        load(folder.path).confusion(A)
