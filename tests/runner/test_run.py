"""Which trials a run carries out, what it keeps, and what it refuses. Training itself is made up."""

import json
import os
import re
import signal

import pytest
import tiny
from tiny import Quiet, run_study, tables

from ablation import report
from ablation.errors import UserError
from ablation.results import read as results

pytest.importorskip("keras")


def steps(trainer: tiny.Trainer) -> list[int]:
    """Seeds of what was trained."""
    return [trial.seed for trial in trainer.trained]


def test_every_step_is_trained_once_for_every_seed_and_then_never_again(study_file, tmp_path, no_training):
    file, out = study_file(seeds=2), tmp_path / "out"
    first = run_study(file, out)
    assert (first.trained, first.kept, first.bad, first.interrupted) == (6, 0, 0, False)
    assert steps(no_training) == [0, 0, 0, 1, 1, 1], "all steps of a seed before the next seed"
    rows = tables(out)["trials"]
    assert [(row["step"], row["seed"]) for row in rows] == [
        (step, seed) for step in ("baseline", "noise", "batch_norm") for seed in "01"
    ]
    before = tables(out)
    again = run_study(file, out)
    assert (again.trained, again.kept, again.bad) == (0, 6, 0)
    assert len(no_training.trained) == 6
    assert tables(out) == before


def test_the_results_folder_holds_what_the_contract_names(study_file, tmp_path, no_training):
    out = tmp_path / "out"
    run_study(study_file(), out, command="ablation run tiny.yaml")
    trials, epochs = tables(out)["trials"], tables(out)["epochs"]
    assert set(trials[0]) >= {
        "design", "step", "position", "seed", "status", "epochs_run", "best_epoch", "train_accuracy",
        "running_train_accuracy", "val_accuracy", "test_accuracy", "gap", "train_loss", "val_loss",
        "test_loss", "parameters", "flops_per_image", "config_hash", "error",
    }  # fmt: skip
    assert set(epochs[0]) >= {"step", "seed", "epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
    assert [row["epoch"] for row in epochs[:3]] == ["1", "2", "3"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["study"]["name"] == "tiny"
    assert (manifest["preset"], manifest["backend"], manifest["seeds"]) == ("full", "tensorflow", [0])
    assert manifest["dataset"]["name"] == "shapes" and len(manifest["dataset"]["sha256"]) == 64
    assert manifest["start"] <= manifest["end"]
    noise = manifest["steps"][1]
    assert (noise["step"], noise["base"], list(noise["changes"])) == ("noise", "baseline", ["augment"])
    assert noise["tricks"][0]["parameters"] == {"probability": 0.5, "stddev": 0.01}


def test_nothing_in_the_folder_names_a_place_a_host_or_a_user(
    study_file, tmp_path, no_training, monkeypatch, no_pixels
):
    monkeypatch.setenv("ABLATION_DATA_DIR", str(tmp_path))
    out = tmp_path / "out"
    run_study(study_file(), out, data_dir=tmp_path)
    report.write(out)
    for file in out.rglob("*"):
        if file.suffix in (".csv", ".json", ".md", ".html", ".lock"):
            text = re.sub(r"base64,[\w+/=]+", "", file.read_text())
            assert str(tmp_path) not in text and os.uname().nodename not in text, file


def test_a_seed_more_trains_only_that_seed(study_file, tmp_path, no_training):
    run_study(study_file(seeds=1), tmp_path / "out")
    outcome = run_study(study_file(seeds=1), tmp_path / "out", seeds=(0, 7))
    assert (outcome.trained, outcome.kept) == (3, 3)
    assert steps(no_training) == [0, 0, 0, 7, 7, 7]
    assert [row["seed"] for row in tables(tmp_path / "out")["trials"]] == ["0", "7"] * 3


def test_a_step_on_top_leaves_the_rows_below_as_they_are(study_file, tmp_path, no_training):
    out = tmp_path / "out"
    run_study(study_file(), out)
    below = tables(out)
    ladder = [*tiny.STUDY["ladder"], {"step": "l2", "tricks": ["l2"]}]
    outcome = run_study(study_file(ladder=ladder), out)
    assert (outcome.trained, outcome.kept) == (1, 3)
    assert {name: rows[: len(below[name])] for name, rows in tables(out).items()} == below


def test_steps_asked_for_one_after_the_other_make_the_whole_table(study_file, tmp_path, no_training):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run_study(study_file(), whole)
    for step in ("batch_norm", "baseline", "noise"):
        run_study(study_file(), parts, steps=(step,))
    assert tables(parts) == tables(whole)
    there, here = (json.loads((folder / "manifest.json").read_text()) for folder in (whole, parts))
    assert here["steps"] == there["steps"] and here["trials"] == there["trials"]


def test_designs_share_the_trials_they_have_in_common(study_file, tmp_path, no_training):
    outcome = run_study(study_file(), tmp_path / "out", designs=("cumulative", "add-one", "leave-one-out"))
    rows = tables(tmp_path / "out")["trials"]
    by_place = {(row["design"], row["step"]): row["config_hash"] for row in rows}
    assert len(by_place) == 9
    assert outcome.trained == len(set(by_place.values())) == 4
    assert by_place["leave-one-out", "full"] == by_place["cumulative", "batch_norm"]
    assert by_place["leave-one-out", "without-batch_norm"] == by_place["add-one", "noise"]


@pytest.mark.parametrize(
    ("changes", "options", "told"),
    [
        ({"training": {"epochs": 4, "batch_size": 16}}, {}, "epochs of baseline: 3 there, 4 now"),
        ({"network": {"widths": [8], "convs_per_block": 1, "head": [8]}}, {}, r"widths .* \[4\] there, \[8\]"),
        ({"data": {"train": 32, "val": 32, "test": 32}}, {}, "train of baseline: 64 there, 32 now"),
        ({"protocol": "lecture"}, {}, "protocol: honest there, lecture now"),
        ({}, {"sets": ("training.learning_rate=0.1",)}, "learning_rate of baseline: default there, 0.1 now"),
        ({"ladder": [{"step": "noise"}]}, {}, "step baseline: there, but not in the study now"),
        (
            {"ladder": [{"step": "baseline"}, {"step": "noise", "tricks": [{"noise": {"stddev": 0.5}}]}]},
            {"steps": ("baseline",)},
            "augment of noise: .*stddev.*0.01.* there, .*0.5.* now",
        ),
    ],
)  # fmt: skip
def test_a_changed_study_is_refused_by_the_keys_that_differ(
    study_file, tmp_path, no_training, changes, options, told
):
    out = tmp_path / "out"
    run_study(study_file(), out)
    before = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    with pytest.raises(UserError, match=rf"holds results of other settings \(.*{told}.*--out.*--fresh"):
        run_study(study_file(**changes), out, **options)
    assert {file: file.read_bytes() for file in out.rglob("*") if file.is_file()} == before
    assert len(no_training.trained) == 3


def foreign(folder):
    """Files of other programs, under names that a results folder uses too."""
    for name in ("grades.csv", "trials.csv", "models/my_best.keras", "weights/resnet.h5", "report.docx"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"mine: {name}")
    return {file: file.read_text() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("options", [{}, {"fresh": True}])
@pytest.mark.parametrize("manifest", [None, '{"manifest_version": 3}', '{"contract": 1}', "["])
def test_a_folder_of_other_files_is_refused_and_left_as_it_is(
    study_file, tmp_path, no_training, options, manifest
):
    before = foreign(tmp_path / "thesis")
    if manifest:
        (tmp_path / "thesis" / "manifest.json").write_text(manifest)
        before[tmp_path / "thesis" / "manifest.json"] = manifest
    with pytest.raises(UserError, match=r"thesis: holds other files \(grades.csv, ") as raised:
        run_study(study_file(), tmp_path / "thesis", **options)
    assert "--out" in str(raised.value) and "--fresh" not in str(raised.value)
    left = {file: file.read_text() for file in (tmp_path / "thesis").rglob("*") if file.is_file()}
    assert left == before and no_training.trained == []


def test_hidden_files_are_in_nobodys_way(study_file, tmp_path, no_training):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".gitignore").write_text("*")
    assert run_study(study_file(), tmp_path / "out").trained == 3


def test_fresh_sets_aside_what_was_there_and_leaves_other_files(study_file, tmp_path, no_training):
    out, display = tmp_path / "out", Quiet()
    run_study(study_file(), out)
    before = tables(out)
    (out / "notes.txt").write_text("mine")
    for number in (1, 2):
        assert run_study(study_file(), out, display, fresh=True).trained == 3
        assert tables(tmp_path / f"out.{number}") == before == tables(out)
        assert display.notes[-1] == f"the results that lay in {out} are now in {out}.{number}"
    assert (out / "notes.txt").read_text() == "mine"
    assert results.load(tmp_path / "out.1").manifest["trials"] == results.load(out).manifest["trials"]


def test_fresh_discards_what_was_there(study_file, tmp_path, no_training, no_pixels):
    out = tmp_path / "out"
    run_study(study_file(), out)
    report.write(out)
    (out / "notes.txt").write_text("the user's own")
    outcome = run_study(study_file(ladder=[{"step": "only"}]), out, fresh=True)
    assert (outcome.trained, outcome.kept) == (1, 0)
    assert [row["step"] for row in tables(out)["trials"]] == ["only"]
    assert len(list((out / "trials").iterdir())) == 1
    assert not (out / "report.md").exists() and not (out / "figures").exists()
    assert (out / "notes.txt").exists()


def test_changed_words_are_no_changed_study(study_file, tmp_path, no_training):
    run_study(study_file(), tmp_path / "out")
    ladder = [one | {"title": one["step"].upper(), "lecture": {"val": 0.5}} for one in tiny.STUDY["ladder"]]
    assert run_study(study_file(ladder=ladder, title="Tiny!"), tmp_path / "out").trained == 0
    assert results.load(tmp_path / "out").manifest["steps"][1]["title"] == "NOISE"


def break_noise(trial) -> None:
    if trial.setting.recipe.augment and trial.setting.recipe.norm is None:
        raise RuntimeError("the device\n  caught fire")


def test_a_failed_trial_is_a_row_and_the_rest_goes_on(study_file, tmp_path, no_training):
    no_training.fail = break_noise
    outcome = run_study(study_file(seeds=2), tmp_path / "out")
    assert (outcome.trained, outcome.bad, outcome.interrupted) == (6, 2, False)
    rows = tables(tmp_path / "out")["trials"]
    assert [row["status"] for row in rows] == ["done", "done", "failed", "failed", "done", "done"]
    assert rows[2]["error"] == "RuntimeError: the device caught fire"
    assert rows[2]["test_accuracy"] == ""


def test_failed_trials_are_kept_until_they_are_retried(study_file, tmp_path, no_training):
    run_study(study_file(), tmp_path / "whole")
    no_training.fail = break_noise
    run_study(study_file(), tmp_path / "out")
    again = run_study(study_file(), tmp_path / "out")
    assert (again.trained, again.kept, again.bad) == (0, 3, 1)
    no_training.fail = lambda trial: None
    retried = run_study(study_file(), tmp_path / "out", retry_failed=True)
    assert (retried.trained, retried.kept, retried.bad) == (1, 2, 0)
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")


def test_what_an_interrupted_retry_did_not_train_is_not_counted(study_file, tmp_path, no_training):
    no_training.fail = break_noise
    run_study(study_file(seeds=3), tmp_path / "out")

    def interrupt(trial) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    no_training.fail = interrupt
    again = run_study(study_file(seeds=3), tmp_path / "out", retry_failed=True)
    assert (again.trained, again.interrupted) == (0, True)


def test_fail_fast_ends_at_the_first_failure(study_file, tmp_path, no_training):
    no_training.fail = break_noise
    outcome = run_study(study_file(), tmp_path / "out", fail_fast=True)
    assert (outcome.trained, outcome.bad, outcome.interrupted) == (2, 1, False)
    assert [row["status"] for row in tables(tmp_path / "out")["trials"]] == ["done", "failed"]


def test_ctrl_c_ends_after_the_epoch_and_the_next_run_goes_on(study_file, tmp_path, no_training):
    file, out = study_file(), tmp_path / "out"
    run_study(file, tmp_path / "whole")

    def interrupt(progress) -> None:
        if len(no_training.trained) == 5 and progress.epoch == 1:
            os.kill(os.getpid(), signal.SIGINT)

    display, before = Quiet(interrupt), signal.getsignal(signal.SIGINT)
    outcome = run_study(file, out, display)
    assert outcome.interrupted
    assert any("stopping after this epoch" in note for note in display.notes)
    assert [row["step"] for row in tables(out)["trials"]] == ["baseline"]
    assert results.load(out).manifest["end"] is None
    assert signal.getsignal(signal.SIGINT) is before
    assert run_study(file, out).trained == 2
    assert tables(out) == tables(tmp_path / "whole")


def test_ctrl_c_twice_stops_now_and_loses_nothing(study_file, tmp_path, no_training):
    def interrupt(progress) -> None:
        if len(no_training.trained) == 2:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_study(study_file(), tmp_path / "out", Quiet(interrupt))
    assert [row["step"] for row in tables(tmp_path / "out")["trials"]] == ["baseline"]


def test_a_disk_that_fills_up_ends_the_run_with_a_clear_line(study_file, tmp_path, no_training, monkeypatch):
    from ablation.results.folder import RunFolder

    save = RunFolder.save_trial

    def full(self, record):
        if len(no_training.trained) == 2:
            raise UserError(f"{self.path}: cannot be written (No space left on device)")
        return save(self, record)

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "save_trial", full)
        with pytest.raises(UserError, match="No space left"):
            run_study(study_file(), tmp_path / "out")
    assert [row["status"] for row in tables(tmp_path / "out")["trials"]] == ["done"]
    assert run_study(study_file(), tmp_path / "out").trained == 2


@pytest.mark.parametrize(
    "damage",
    [
        '{"contract": 1}',
        '{"contract": 1, "steps": 5, "dataset": {}}',
        '{"contract": 1, "preset": "full", "protocol": "honest", "steps": [], "dataset": {}}',
        "{",
    ],
)  # fmt: skip
def test_a_damaged_manifest_is_named(study_file, tmp_path, no_training, damage):
    run_study(study_file(), tmp_path / "out")
    (tmp_path / "out" / "manifest.json").write_text(damage)
    with pytest.raises(UserError, match=r"manifest\.json: |holds results of other settings"):
        run_study(study_file(), tmp_path / "out")
    assert run_study(study_file(), tmp_path / "out", fresh=True).trained == 3


def test_the_same_configuration_has_the_same_hash_in_every_study(study_file, tmp_path, no_training):
    run_study(study_file(), tmp_path / "one")
    renamed = [one | {"step": f"my_{one['step']}"} for one in tiny.STUDY["ladder"]]
    run_study(study_file(study="other", ladder=renamed), tmp_path / "two")
    one, two = ([row["config_hash"] for row in tables(tmp_path / name)["trials"]] for name in ("one", "two"))
    assert one == two and len(set(one)) == 3


def test_numbers_that_cannot_be_meant_are_said(study_file, tmp_path, no_training):
    rising = {
        "path": "ablation.schedules.WarmUpCosineDecay",
        "options": {"total_steps": "total", "warmup_steps": "3 epoch"},
    }
    ladder = [
        {"step": "large", "training": {"batch_size": 1000}},
        {"step": "larger", "tricks": ["batch_norm"]},
        {"step": "rising", "training": {"batch_size": 16, "schedule": rising}},
        {"step": "right", "training": {"epochs": 4}},
    ]
    display = tiny.Quiet()
    tiny.run_study(study_file(ladder=ladder), tmp_path / "out", display)
    said = [note for note in display.notes if note.startswith("step ")]
    assert said == [
        "step 'large' and 1 more: training.batch_size is 1,000, the training images are 64: all of them are one batch,"
        " so that an epoch is one step",
        "step 'rising': training.schedule rises for 12 steps, the training has 12: the rate never falls",
    ]
