"""The tutorial runs as it is, shows what its text says, and explains what it shows."""

import re
from pathlib import Path

import pytest
import tiny

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "tutorial.ipynb"
PICTURE = "image/png"
SHOWS = "**What the figure shows.**"


@pytest.fixture
def notebook():
    nbformat = pytest.importorskip("nbformat")
    return nbformat.read(NOTEBOOK, as_version=4)


def outputs(cells):
    return [output for cell in cells for output in cell.get("outputs", [])]


def has_picture(cell):
    return any(PICTURE in one.get("data", {}) for one in cell.get("outputs", []))


def test_every_figure_is_stored_and_explained_below(notebook):
    cells = notebook.cells
    shown = [place for place, cell in enumerate(cells) if has_picture(cell)]
    assert len(shown) == 5
    assert all(cells[place + 1].source.startswith(SHOWS) for place in shown)
    assert sum(cell.source.count(SHOWS) for cell in cells) == len(shown)


def test_every_figure_in_the_text_stands_in_an_output(notebook):
    told = " ".join(
        str(one.get("text", ""))
        + "".join(str(one.get("data", {}).get(kind)) for kind in ("text/html", "text/plain"))
        for one in outputs(notebook.cells)
    )
    prose = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    figures = re.findall(r"(?<![\w.`: ])\d+\.\d(?! ?`)|(?<= )\d+\.\d\b", re.sub(r"`[^`]*`", "", prose))
    assert len(figures) > 5
    assert [one for one in figures if not re.search(rf"(?<![\d.]){re.escape(one)}(?!\d)", told)] == []


def test_verdicts_in_the_text_are_those_of_the_stored_table(notebook):
    page = next(
        one["data"]["text/html"]
        for one in outputs(notebook.cells)
        if "verdict" in one.get("data", {}).get("text/html", "")
    )
    rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)]
    verdicts = [
        (row[0], row[4]) for row in rows if len(row) == 5 and row[0] in ("augment", "batch norm", "dropout")
    ]
    assert verdicts == 2 * [("augment", "helps"), ("batch norm", "open"), ("dropout", "hurts")]


def test_what_it_says_of_the_reference_run_is_so():
    from ablation.lectures import quote

    run = quote.quoted("generalization")
    assert "gains" in run.effect("dropout", "cumulative").told
    assert "costs" in run.effect("without-dropout", "leave-one-out").told


def test_exercises_are_numbered_and_their_answers_folded(notebook):
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    numbers = [int(one) for one in re.findall(r"\*\*Exercise (\d+)\.\*\*", prose)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 8
    assert (
        prose.count("<details><summary>") == prose.count("</details>") == len(numbers) - 1
    )  # one is a guess to write down


@pytest.mark.slow
def test_it_runs(notebook, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setattr("sys.executable", tiny.ready())  # which the kernel's file takes for Python
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    settings = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    settings.source = 'PRESET, JOBS = "smoke", 1'
    for cell in notebook.cells:
        cell.pop("outputs", None)
    client = nbclient.NotebookClient(
        notebook, timeout=500, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    assert sum(map(has_picture, notebook.cells)) == 5
    assert (tmp_path / "results/first/shapes-smoke/report.html").is_file()
