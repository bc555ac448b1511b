"""A design is one file: dropped into the folder, a study and `--design` take it by its name."""

import sys

import pytest
from tiny import run_study, tables

from ablation.cli import main
from ablation.results.folder import RunFolder
from ablation.study import design, designs

PAIRS = '''
from ablation.study.design import design
from ablation.study.planned import PlannedStep, rung
from ablation.study.schema import Study
from ablation.study.setting import Setting


@design("First and last", matched=True)
def both_ends(study: Study, start: Setting) -> list[PlannedStep]:
    """The first step, and the last one added to it."""
    first, last = study.ladder[0], study.ladder[-1]
    below = start.with_step("ladder.0.", first)
    return [rung(first, None, below), rung(last, first.step, below.with_step("ladder.1.", last))]
'''


@pytest.fixture
def dropped_in(tmp_path, monkeypatch):
    folder = tmp_path / "designs"
    folder.mkdir()
    (folder / "both_ends.py").write_text(PAIRS, encoding="utf-8")
    monkeypatch.setattr(designs, "__path__", [*designs.__path__, str(folder)])
    design.names.cache_clear()
    yield "both-ends"
    design.names.cache_clear()
    sys.modules.pop("ablation.study.designs.both_ends", None)


def test_a_design_is_one_file(dropped_in, study_file, tmp_path, no_training, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert design.get(dropped_in).sentence == "The first step, and the last one added to it."
    file, out = study_file(design=dropped_in), tmp_path / "out"
    assert main(["plan", str(file), "--preset", "full", "--design", dropped_in, "--budget", "2"]) == 0
    assert "both-ends@2" in capsys.readouterr().out
    run_study(file, out, controls=("aa",))
    assert [(row["design"], row["step"]) for row in tables(out)["trials"]] == [
        ("both-ends", "baseline"),
        ("both-ends", "batch_norm"),
        ("both-ends", "aa"),
    ]
    steps = RunFolder(out).read_manifest()["steps"]
    assert [(step["variant"]["design"], step["role"]) for step in steps] == [
        ("both-ends", "start"),
        ("both-ends", "added"),
        ("both-ends", "control"),
    ]
    assert main(["report", str(out)]) == 0
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    assert dropped_in in capsys.readouterr().out


def test_without_its_file_there_is_no_such_design(study_file, capsys):
    assert main(["plan", str(study_file()), "--design", "both-ends"]) == 2
    assert "design: unknown 'both-ends'" in capsys.readouterr().err


def test_every_design_says_what_it_is():
    found = [design.get(name) for name in design.names()]
    assert [one.name for one in found] == ["cumulative", "add-one", "leave-one-out", "orders"]
    assert all(one.title and one.sentence.endswith(".") for one in found)
    assert {one.name for one in found if one.matched} == {"cumulative", "add-one"}
    assert {one.name for one in found if one.averaged} == {"orders"}
