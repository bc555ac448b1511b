"""Weights & Biases, offline: every finished trial is a run with its settings, curves and figures."""

import json
import struct

import pytest
import tiny

from ablation.errors import UserError

LADDER = tiny.STUDY["ladder"][:2]
BLOCK = 2**15


@pytest.fixture
def wandb(monkeypatch, tmp_path):
    found = pytest.importorskip("wandb")
    found.teardown()
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    yield found
    found.teardown()


def read(file):
    """The records of an offline run: LevelDB's log format behind W&B's own seven bytes."""
    from wandb.proto.wandb_internal_pb2 import Record

    content, place, whole = file.read_bytes(), 7, b""
    while place < len(content):
        if (left := BLOCK - place % BLOCK) < 7:
            place += left
            continue
        _, size, kind = struct.unpack("<IHB", content[place : place + 7])
        whole += content[place + 7 : place + 7 + size]
        place += 7 + size
        if kind in (1, 4):
            yield Record.FromString(whole)
            whole = b""


def told(file):
    """An offline run: what it is called, its config, its history by step, its summary and its exit code."""
    run, history, summary, code = None, {}, {}, None
    for record in read(file):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run = record.run
        elif kind == "history":
            row = {
                item.key or item.nested_key[0]: json.loads(item.value_json) for item in record.history.item
            }
            history[record.history.step.num] = row
        elif kind == "summary":
            for item in record.summary.update:
                summary[item.key or item.nested_key[0]] = json.loads(item.value_json)
        elif kind == "exit":
            code = record.exit.exit_code
    config = {item.key: json.loads(item.value_json) for item in run.config.update}
    return run, config, history, summary, code


def test_a_run_for_every_trial_with_settings_curves_and_figures(
    wandb, no_training, study_file, tmp_path, monkeypatch, capfd
):
    monkeypatch.setenv("WANDB_MODE", "offline")
    file = study_file(ladder=LADDER, seeds=2)
    tiny.run_study(file, tmp_path / "plain")
    tiny.run_study(file, tmp_path / "out", wandb="")
    assert "wandb" not in "".join(capfd.readouterr())
    assert tiny.tables(tmp_path / "out") == tiny.tables(tmp_path / "plain")
    files = sorted((tmp_path / "out" / "wandb").rglob("*.wandb"))
    runs = [told(file) for file in files]
    assert {run.display_name for run, *_ in runs} == {
        f"{step}, seed {seed}" for step in ("baseline", "noise") for seed in (0, 1)
    }
    assert {(run.project, run.run_group, run.host) for run, *_ in runs} == {("tiny", "tiny/out", "-")}
    rows = {row["config_hash"]: row for row in tiny.tables(tmp_path / "out")["trials"]}
    epochs = tiny.tables(tmp_path / "out")["epochs"]
    for _, config, history, summary, code in runs:
        row = rows.pop(config["config_hash"])
        assert (str(config["seed"]), config["dataset"]) == (row["seed"], "shapes")
        assert summary["final_test_accuracy"] == pytest.approx(float(row["test_accuracy"]))
        assert (summary["status"], code) == ("done", 0)
        curve = {
            int(one["epoch"]): float(one["loss"])
            for one in epochs
            if one["config_hash"] == row["config_hash"]
        }
        assert {step: one["loss"] for step, one in history.items()} == pytest.approx(curve)
    assert not rows
    again = tiny.run_study(file, tmp_path / "out", wandb="")
    assert again.kept == 4 and len(list((tmp_path / "out" / "wandb").rglob("*.wandb"))) == 4


def test_a_failed_trial_is_a_failed_run_of_the_named_project(
    wandb, no_training, study_file, tmp_path, monkeypatch
):
    def fail(trial):
        raise RuntimeError("no")

    no_training.fail = fail
    monkeypatch.setenv("WANDB_MODE", "offline")
    tiny.run_study(study_file(ladder=LADDER[:1]), tmp_path / "out", wandb="mine")
    ((run, _, _, summary, code),) = map(told, (tmp_path / "out" / "wandb").rglob("*.wandb"))
    assert (run.project, summary["status"], code) == ("mine", "failed", 1)


def test_who_is_not_logged_in_is_told_so_before_anything_is_trained(wandb, no_training, study_file, tmp_path):
    with pytest.raises(
        UserError, match=r"--wandb tiny: not logged in; run `wandb login`, or set WANDB_MODE=off"
    ):
        tiny.run_study(study_file(ladder=LADDER), tmp_path / "out", wandb="")
    assert not no_training.trained
