"""The repository's documents say what is so."""

import re
from pathlib import Path

import pytest
import yaml

import ablation

ROOT = Path(__file__).parents[1]
CI = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))


def test_ci_runs_the_make_targets_on_every_supported_python():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = [step["run"] for job in CI["jobs"].values() for step in job["steps"] if "run" in step]
    assert sorted(commands) == ["make lint", "make smoke", "make test"]
    assert all(f"\n{one.removeprefix('make ')}: " in makefile for one in commands)
    supported = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    low, above = map(int, supported.groups())
    assert CI["jobs"]["test"]["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in range(low, above)]
    assert CI["jobs"]["test"]["env"]["REQUIRE_ALL"] == "1"


def test_lint_runs_all_three():
    lint = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nlint: ")[2].partition("\n\n")[0]
    assert all(tool in lint for tool in ("ruff check", "ruff format --check", "mypy", "lint-imports"))


@pytest.mark.parametrize("file", ["CONTRIBUTING.md", "CHANGELOG.md", ".pre-commit-config.yaml"])
def test_files_and_tests_that_documents_name_are_there(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    for name in re.findall(r"((?:ablation|tests)/[\w/]+\.py)", text):
        assert (ROOT / name).is_file(), name
    for name, test in re.findall(r"(tests/[\w/]+\.py)::(\w+)", text):
        assert f"def {test}(" in (ROOT / name).read_text(encoding="utf-8"), test
    for folder, neighbour in re.findall(r"^\| [\w ]+ \| `([\w/]+)/` \| `(\w+\.py)` ", text, re.MULTILINE):
        assert (ROOT / folder / neighbour).is_file(), f"{folder}/{neighbour}"
    if file == "CONTRIBUTING.md":
        assert text.count("| `ablation/") == 6, "six drop-ins"


def test_the_version_is_one():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == ablation.__version__
    assert 'version = {attr = "ablation.__version__"}' in (ROOT / "pyproject.toml").read_text()


def test_the_lock_has_every_tool_that_developers_need():
    locked = {
        line.partition("==")[0].lower() for line in (ROOT / "requirements.lock").read_text().splitlines()
    }
    extra = re.search(r"dev = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL)[1]
    wanted = {re.split(r"[><=]", one)[0].lower() for one in re.findall(r'"([^"]+)"', extra)}
    assert wanted <= locked, wanted - locked
