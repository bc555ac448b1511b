"""A result names the project's own commit, and no other's."""

import os
import subprocess
from pathlib import Path

from ablation.runner.provenance import commit


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, env=outside)


def repository(folder: Path, *, of_package: bool) -> Path:
    """A repository with one commit, that holds the package or only lies around it."""
    (folder / "ablation").mkdir(parents=True)
    (folder / "ablation" / "a.py").write_text("a")
    (folder / "other").write_text("b")
    git(folder, "init", "-q")
    git(folder, "add", "." if of_package else "other")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_a_checkouts_commit_and_whether_files_differ(tmp_path):
    mine = repository(tmp_path / "mine", of_package=True)
    clean = commit(mine)
    assert clean is not None and len(clean) == 12
    (mine / "ablation" / "a.py").write_text("changed")
    assert commit(mine) == f"{clean}+"


def test_a_foreign_repositorys_commit_is_not_ours(tmp_path, monkeypatch):
    foreign = repository(tmp_path / "foreign", of_package=False)
    installed = foreign / "venv" / "site-packages"
    (installed / "ablation").mkdir(parents=True)
    assert commit(installed) is None, "within a folder of another project"
    assert commit(foreign) is None, "in its top folder, but no file of it"
    monkeypatch.setenv("GIT_DIR", str(foreign / ".git"))
    assert commit(tmp_path) is None, "in the hook of another project"


def test_no_repository_at_all(tmp_path):
    assert commit(tmp_path) is None
