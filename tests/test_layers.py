"""The rooms' order, as `pyproject.toml` draws it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter")
ROOT = Path(__file__).parents[1]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """`lint-imports` over the package in a folder, under the project's own contracts."""
    code = (
        "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; "
        "sys.exit(lint_imports(no_cache=True))"
    )
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)


def test_nothing_imports_from_above_and_there_is_no_circle():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "told"),
    [
        ("data/split.py", "import ablation.results", "ablation.data is not allowed to import ablation.results"),
        ("report/page.py", "import ablation.runner.run", "ablation.report is not allowed to import ablation.runner"),
        ("wording.py", "def f():\n    import ablation.recipe\n\nimport ablation.study", "ablation.study"),
        ("checks/finding.py", "import ablation.bench", "ablation.checks is not allowed to import ablation.bench"),
        ("files.py", "import ablation.wording", None),
        ("new_room.py", "", "ablation.new_room"),
    ],
)  # fmt: skip
def test_an_import_from_above_fails_it(file, line, told, tmp_path):
    shutil.copytree(ROOT / "ablation", tmp_path / "ablation", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "ablation" / file).open("a") as stream:
        stream.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == (0 if told is None else 1), done.stdout
    assert told is None or told in done.stdout
