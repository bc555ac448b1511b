"""README's walk-through, done: its trick, dropped in as one file, is listed, planned and trained."""

import csv
import re
import sys
from pathlib import Path

import pytest
import tiny

from ablation import study, tricks
from ablation.cli import main
from ablation.runner.options import Options
from ablation.runner.run import run

README = Path(__file__).parent.parent / "README.md"
MARKED = re.compile(r"<!-- walk-through: ablation/tricks/(\w+)\.py -->\n```python\n(.*?)```", re.DOTALL)


@pytest.fixture
def trick(tmp_path, monkeypatch):
    found = MARKED.search(README.read_text(encoding="utf-8"))
    assert found, "README.md has no walk-through"
    name, code = found.groups()
    folder = tmp_path / "tricks"
    folder.mkdir()
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr(tricks, "__path__", [*tricks.__path__, str(folder)])
    tricks.names.cache_clear()
    yield name
    tricks.names.cache_clear()
    sys.modules.pop(f"ablation.tricks.{name}", None)


def test_a_trick_is_one_file(trick, study_file, tmp_path, capsys):
    assert main(["show", trick]) == 0
    assert "Source:" in capsys.readouterr().out
    file = study_file(ladder=[{"step": "baseline"}, {"step": trick, "tricks": [{trick: {"rate": 0.2}}]}])
    outcome = run(study.load(str(file)), Options(preset="full", out=tmp_path / "out"), tiny.Quiet())
    with (outcome.folder / "trials.csv").open(newline="", encoding="utf-8") as stream:
        rows = {row["step"]: row for row in csv.DictReader(stream)}
    assert {row["status"] for row in rows.values()} == {"done"}
    assert rows[trick]["train_loss"] != rows["baseline"]["train_loss"]
