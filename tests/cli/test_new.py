"""`ablation new`: what it writes runs as it stands."""

import pytest
import tiny

from ablation import own_code
from ablation.cli import main
from ablation.cli.starts import KINDS
from ablation.results.folder import RunFolder


@pytest.fixture
def code(tmp_path, monkeypatch):
    monkeypatch.delenv(own_code.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    for kind in KINDS:
        assert main(["new", kind, f"my_{kind}", "--in", "code"]) == 0
    return tmp_path / "code"


def study(code, **changes):
    return str(tiny.write_study(code / "own.yaml", **changes))


def own_everything(code):
    end = [{"path": "ablation.layers.my_layer.MyLayer", "options": {"stddev": 0.2}}]
    ladder = [
        {"step": "baseline"},
        {"step": "mine", "tricks": [{"my_trick": {"rate": 0.5}}]},
        {"step": "noisy", "network": {"block_end": end}},
        {"step": "whole", "from": "baseline", "network": {"family": "my_network"}},
    ]
    network = {"widths": [4], "convs_per_block": 1, "head": []}
    return study(code, dataset="my_dataset", network=network, ladder=ladder)


def test_each_is_found_by_its_name(code, capsys):
    capsys.readouterr()
    assert main(["show", "my_trick", "--code", "code"]) == 0
    assert "One line that says what the trick does." in capsys.readouterr().out
    assert main(["list", "datasets", "--code", "code"]) == 0
    assert "Stripes across and down" in capsys.readouterr().out
    assert main(["plan", "code/my_study.yaml", "--preset", "smoke", "--dataset", "shapes"]) == 0
    assert main(["plan", own_everything(code), "--preset", "full", "--code", "code"]) == 0


@pytest.mark.slow
def test_each_is_trained(code):
    run = ["run", "--jobs", "1", "--out"]
    assert main([*run, "a", "code/my_study.yaml", "--preset", "smoke", "--dataset", "shapes"]) == 0
    assert main([*run, "b", own_everything(code), "--preset", "full", "--code", "code"]) == 0
    rows = tiny.table(code.parent / "b" / "trials.csv")
    assert [row["status"] for row in rows] == ["done"] * 4
    assert len({row["train_loss"] for row in rows}) == 4
    for record in RunFolder(code.parent / "b").read_trials().values():
        assert -1 <= record["measures"]["my_measure"] <= 1
    (kept,) = (code.parent / "b" / "observers").rglob("baseline/seed0/my_observer/lengths.csv")
    lengths = tiny.table(kept)
    assert {row["epoch"] for row in lengths} == {"1", "2", "3"} and float(lengths[0]["length"]) > 0


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["trik", "x"], "new: unknown 'trik'; did you mean 'trick'?"),
        (["trick", "My-Trick"], "expected a name of a-z, 0-9 and _ that Python may take, found 'My-Trick'"),
        (["trick", "../x"], "expected a name of a-z"),
        (["trick", "dropout"], "there is a trick 'dropout' here already"),
        (["trick", "my_trick", "--in", "code"], "my_trick.py: is there already"),
        (["trick"], "the following arguments are required: NAME"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(code, command, told, capsys):
    before = tiny.tree(code.parent)
    assert main(["new", *command]) == 2
    line = capsys.readouterr().err
    assert told in line and line.count("\n") == 1
    assert tiny.tree(code.parent) == before


@pytest.mark.parametrize("name", ["class", "lambda", "import", "trick"])
def test_a_name_that_python_or_a_package_has_taken_is_refused(name, tmp_path, capsys):
    assert main(["new", "trick", name, "--in", str(tmp_path / "code")]) == 2
    assert "choose another name" in (said := capsys.readouterr().err) or "that Python may take" in said
    assert not (tmp_path / "code").exists()
