"""The walk-through of docs/researcher.md, done: its trick, dropped in as one file, is listed, planned and trained."""

import csv
import json
import re
import sys
from pathlib import Path

import pytest
import tiny

from ablation import study, tricks
from ablation.cli import main
from ablation.data import sources
from ablation.runner.options import Options
from ablation.runner.run import run

PAGE = Path(__file__).parent.parent / "docs" / "researcher.md"
MARKED = re.compile(r"<!-- walk-through: ablation/tricks/(\w+)\.py -->\n```python\n(.*?)```", re.DOTALL)


@pytest.fixture
def trick(tmp_path, monkeypatch):
    found = MARKED.search(PAGE.read_text(encoding="utf-8"))
    assert found, "the page has no walk-through"
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


STRIPES = '''
"""`stripes`: stripes across or down, 12 x 12 grey pixels."""

import numpy as np

from ablation.data.drawn import Drawn


def draw(number, seed, first):
    labels = (np.arange(first, first + number) % 2).astype(np.int32)
    random = np.random.default_rng([seed, first])
    pixels = np.indices((12, 12))[labels] // 2 % 2 * 200 + random.integers(0, 50, (number, 12, 12))
    return pixels[..., None].astype(np.uint8), labels


DATASET = Drawn("stripes", "Stripes, across and down", ("across", "down"), (12, 12, 1), 100, 50, draw)
'''


@pytest.fixture
def stripes(tmp_path, monkeypatch):
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "stripes.py").write_text(STRIPES, encoding="utf-8")
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(folder)])
    sources.names.cache_clear()
    yield "stripes"
    sources.names.cache_clear()
    sys.modules.pop("ablation.data.sources.stripes", None)


def test_a_data_set_is_one_file(stripes, study_file, tmp_path, capsys):
    assert main(["list", "datasets"]) == 0
    listed = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert listed[stripes] == "Stripes, across and down" and listed["cifar10"] == "CIFAR-10"
    file = study_file(dataset=stripes, data={"train": 32, "val": 16, "test": 16})
    found = run(study.load(str(file)), Options(preset="full", out=tmp_path / "out"), tiny.Quiet())
    told = json.loads((found.folder / "manifest.json").read_text(encoding="utf-8"))["dataset"]
    assert (told["name"], told["title"], told["classes"]) == (stripes, listed[stripes], ["across", "down"])
    with (found.folder / "trials.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 3 and {row["status"] for row in rows} == {"done"}
