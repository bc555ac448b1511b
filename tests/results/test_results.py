"""What a results folder keeps, and how."""

import base64
import json
import os
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny

from ablation.errors import UserError
from ablation.files import write_atomically
from ablation.results.folder import RunFolder
from ablation.results.read import load
from ablation.results.tables import EPOCH_COLUMNS, TRIAL_COLUMNS
from ablation.study.trial import CONTRACT

A, B, C, X = (letter * 16 for letter in "abc0")


def right(**changes):
    """The first, the third and the ninth of nine images."""
    bits = base64.b64encode(bytes([0b10100000, 0b10000000])).decode()
    return {"images": "0" * 64, "number": 9, "bits": bits, **changes}


def record(config_hash: str = A, **changes):
    epochs = [{"epoch": 1, "loss": 2.0, "accuracy": 0.5, "val_loss": 2.1, "val_accuracy": 0.4}]
    accuracies = {"train_accuracy": 0.75, "val_accuracy": 0.5, "test_accuracy": 0.625}
    kept = {"config_hash": config_hash, "seed": 0, "status": "done", "epochs": epochs}
    return kept | accuracies | changes


def row(step: str, position: int, config_hash: str, seed: int = 0, design: str = "cumulative"):
    return {"design": design, "step": step, "position": position, "seed": seed, "config_hash": config_hash}


def step(name: str, position: int = 0, base: str | None = None, **changes):
    """A step of a manifest as folders had it before its parts were fields."""
    place = {"design": "cumulative", "step": name, "position": position, "base": base, "title": name}
    about = {"tricks": [], "changes": {}, "lecture": {}, "parameters": 10, "flops_per_image": 20}
    return place | about | changes


def manifest(steps=(), trials=(), **changes):
    """The smallest manifest that is still one."""
    data = {"name": "shapes", "note": "as asked", "source": "drawn", "sha256": "0" * 64}
    data |= {"train": 8, "val": 4, "test": 4, "classes": ["round", "square"]}
    return {
        "contract": CONTRACT,
        "study": {"name": "tiny", "title": "Tiny"},
        "preset": "full",
        "protocol": "honest",
        "dataset": data,
        "versions": {"keras": "3"},
        "backend": "jax",
        "device": "CPU",
        "precision": "float32",
        "git_commit": None,
        "command": "ablation run tiny",
        "start": "2026-01-01T10:00:00+00:00",
        "end": None,
        "designs": list(dict.fromkeys(one["design"] for one in steps)),
        "steps": list(steps),
        "trials": list(trials),
        "seeds": [0],
    } | changes


def test_a_file_is_replaced_whole(tmp_path):
    file = tmp_path / "new" / "file.txt"
    write_atomically(file, "one")
    write_atomically(file, b"two")
    assert file.read_bytes() == b"two"
    assert tiny.tree(tmp_path) == ["new", "new/file.txt"]


def test_a_crash_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "file.txt"
    write_atomically(file, "old")

    def crash(*_):
        raise OSError(28, "No space left on device")

    for broken in ("os.fsync", "pathlib.Path.replace"):
        with monkeypatch.context() as patch:
            patch.setattr(broken, crash)
            with pytest.raises(UserError, match=r"file\.txt: cannot be written \(No space left on device\)"):
                write_atomically(file, "new")
        assert file.read_text() == "old"
        assert tiny.tree(tmp_path) == ["file.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setattr(
        tempfile, "mkstemp", lambda **_: (os.open("/dev/full", os.O_WRONLY), str(tmp_path / "x"))
    )
    with pytest.raises(UserError, match=r"No space left on device.*finished trials are kept"):
        write_atomically(tmp_path / "file.txt", "new")


def test_a_trial_comes_back_as_it_was_kept(tmp_path):
    folder = RunFolder(tmp_path)
    folder.checkpoint_file("a" * 16).parent.mkdir()
    folder.checkpoint_file("a" * 16).write_bytes(b"unfinished")
    kept = folder.save_trial(record(confusion=np.eye(2, dtype=int), test_accuracy=np.float32(0.625)))
    assert folder.read_trials() == {"a" * 16: kept}
    assert kept["confusion"] == [[1, 0], [0, 1]]
    assert kept["test_accuracy"] == 0.625
    assert not folder.checkpoint_file("a" * 16).exists()


def test_figures_that_are_not_finite_are_kept_as_none(tmp_path):
    rows = [{"epoch": 1, "val_loss": float("inf")}, {"epoch": 2, "val_loss": float("nan")}]
    kept = RunFolder(tmp_path).save_trial(record(test_loss=float("nan"), epochs=rows))
    assert (kept["test_loss"], [epoch["val_loss"] for epoch in kept["epochs"]]) == (None, [None, None])


def test_tables_hold_the_planned_trials_in_their_order(tmp_path):
    folder = RunFolder(tmp_path)
    records = {
        one: folder.save_trial(record(one, test_accuracy=index / 4)) for index, one in enumerate((A, B, C))
    }
    planned = [
        row("one", 0, B),
        row("two", 1, A),
        row("all", 0, A, design="add-one"),
        row("no", 2, X),
    ]
    folder.write_tables(planned, records)
    trials, epochs = pd.read_csv(tmp_path / "trials.csv"), pd.read_csv(tmp_path / "epochs.csv")
    assert tuple(trials.columns) == TRIAL_COLUMNS
    assert tuple(epochs.columns) == EPOCH_COLUMNS
    assert list(trials["step"]) == ["one", "two", "all"]
    assert list(trials["test_accuracy"]) == [0.25, 0.0, 0.0]
    assert list(epochs["config_hash"]) == [B, A], "a configuration trained once has its epochs once"


def test_whole_numbers_stay_whole_beside_a_trial_without_figures(tmp_path):
    folder = RunFolder(tmp_path)
    kept = {A: folder.save_trial(record(A, parameters=2**40, best_epoch=1))}
    kept[B] = folder.save_trial(record(B, status="failed", epochs=[]))
    folder.write_tables([row("one", 0, A), row("two", 1, B)], kept)
    assert [(r["parameters"], r["best_epoch"]) for r in tiny.table(tmp_path / "trials.csv")] == [
        (str(2**40), "1"),
        ("", ""),
    ]


def test_figures_survive_the_tables_to_the_last_digit(tmp_path):
    folder, figure = RunFolder(tmp_path), 0.1 + 0.2
    folder.write_manifest(manifest())
    folder.write_tables([row("one", 0, A)], {A: folder.save_trial(record(A, test_accuracy=figure))})
    assert load(tmp_path).trials["test_accuracy"][0] == figure


def test_measures_of_a_trial_are_columns_and_what_is_undecided_is_empty(tmp_path):
    folder, found = RunFolder(tmp_path), {"auc": float("nan"), "macro_f1": 0.1 + 0.2, "of_the_users_own": 2.0}
    folder.write_manifest(manifest())
    kept = folder.save_trial(record(A, measures=found))
    assert kept["measures"] == {"auc": None, "macro_f1": 0.1 + 0.2, "of_the_users_own": 2.0}
    folder.write_tables([row("one", 0, A)], {A: kept})
    trials = load(tmp_path).trials
    assert trials["measure_macro_f1"][0] == 0.1 + 0.2 and trials["measure_auc"].isna().all()


def test_what_a_killed_run_was_writing_is_removed_and_nothing_else(tmp_path):
    folder = RunFolder(tmp_path)
    folder.save_trial(record())
    folder.write_manifest(manifest())
    before = tiny.tree(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    for name in ("trials/.a.json.x1.part", "checkpoints/.a.npz.y2.part", ".trials.csv.z3.part"):
        (tmp_path / name).write_bytes(b"half")
    folder.remove_unfinished()
    assert tiny.tree(tmp_path) == sorted([*before, "checkpoints"])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        '{"contract": 0}',
        json.dumps({"contract": 2, "config_hash": B}),
        json.dumps({"contract": CONTRACT}),
        json.dumps({"contract": CONTRACT, **record(C)}),
        json.dumps({"contract": CONTRACT, **record(B, status="fine")}),
        json.dumps({"contract": CONTRACT, **record(B, epochs=None)}),
        json.dumps({"contract": CONTRACT, **record(B, epochs=[1])}),
        json.dumps({"contract": CONTRACT, **record(B, val_accuracy=None)}),
        json.dumps({"contract": CONTRACT, **record(B, test_loss=float("nan"))}),
        json.dumps({"contract": CONTRACT, **record(B)}).replace("0.625", "1e999"),
        json.dumps({"contract": CONTRACT, **record(B, test_accuracy=True)}),
        json.dumps({"contract": CONTRACT, **record(B, test_accuracy=62.5)}),
        json.dumps({"contract": CONTRACT, **record(B, confusion=[[1, 2], [3]])}),
        json.dumps({"contract": CONTRACT, **record(B, parameters=10**30)}),
        json.dumps({"contract": CONTRACT, **record(B, right=right(number=17))}),
        json.dumps({"contract": CONTRACT, **record(B, right=right(number=10**9))}),
        json.dumps({"contract": CONTRACT, **record(B, right=right(bits="?"))}),
        json.dumps({"contract": CONTRACT, **record(B, right=right(images="x"))}),
        "\ud800",
    ],
)
def test_a_damaged_trial_file_is_named(tmp_path, content):
    (tmp_path / "trials").mkdir()
    (tmp_path / "trials" / f"{B}.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(UserError, match=rf"trials/{B}\.json: "):
        RunFolder(tmp_path).read_trials()


def test_results_of_another_contract_are_refused_in_one_line(tmp_path):
    (tmp_path / "manifest.json").write_text('{"contract": 99}')
    with pytest.raises(
        UserError, match="expected results contract 1, found 99; choose another folder with --out"
    ):
        load(tmp_path)


def test_a_folder_without_results_is_said_to_be_one(tmp_path):
    with pytest.raises(UserError, match=r"not a results folder \(no manifest.json\)"):
        load(tmp_path)


@pytest.mark.parametrize("damage", ["", "step,seed\n", "\x00", "a,b\n1,2,3\n", None])
def test_a_damaged_table_is_named(tmp_path, damage):
    folder = RunFolder(tmp_path)
    folder.write_manifest(manifest())
    folder.write_tables([row("one", 0, A)], {A: folder.save_trial(record(A))})
    file = tmp_path / "epochs.csv"
    file.unlink() if damage is None else file.write_text(damage)
    with pytest.raises(UserError, match=r"epochs\.csv: "):
        load(tmp_path)


def test_confusion_of_a_trial(tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_manifest(manifest())
    kept = folder.save_trial(record(A, confusion=[[3, 1], [0, 4]]))
    folder.write_tables([row("one", 0, A)], {A: kept})
    np.testing.assert_array_equal(load(tmp_path).confusion(A), [[3, 1], [0, 4]])
    assert load(tmp_path).confusion(B) is None


def test_what_a_trial_predicted_right(tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_manifest(manifest())
    kept = folder.save_trial(record(A, right=right()))
    folder.write_tables([row("one", 0, A)], {A: kept})
    found = load(tmp_path).right(A)
    assert found.images == "0" * 64
    assert found.hits.tolist() == [True, False, True, False, False, False, False, False, True]
    assert load(tmp_path).right(B) is None


def test_every_trial_file_is_read_once_whatever_the_report_wants_of_it(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path)
    folder.write_manifest(manifest())
    kept = folder.save_trial(record(A, confusion=[[3, 1], [0, 4]], right=right()))
    folder.write_tables([row("one", 0, A)], {A: kept})
    times = []
    read = RunFolder.read_trial
    monkeypatch.setattr(RunFolder, "read_trial", lambda self, key: times.append(key) or read(self, key))
    found = load(tmp_path)
    for _ in range(3):
        assert found.confusion(A) is not None and found.right(A) is not None and found.shown(A) is None
    assert times == [A]


def test_a_pipe_or_device_is_never_replaced(tmp_path):
    """As root, /dev/stdout would be a file from then on."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="pipe: expected a file's name, found a folder, pipe or device"):
        write_atomically(tmp_path / "pipe", "text")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert [file.name for file in tmp_path.iterdir()] == ["pipe"]
