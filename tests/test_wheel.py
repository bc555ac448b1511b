"""An installed copy, not a checkout: it brings its studies and the reference figures, and runs from any folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import tiny

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `site-packages` of the wheel alone, which nobody can write; its dependencies are this Python's."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    wanted = ("ablation/", "experiments/", "results/reference/", "pyproject", "setup", "README", "LICENSE")
    for name in names.split("\0"):
        if name.startswith(wanted) and not name.endswith((".png", ".html")) and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    offline = ["--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "wheel", str(source), *offline, "-w", str(folder)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site-packages"
    site.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for directory, _, files in os.walk(site):
        for name in files:
            (Path(directory) / name).chmod(0o444)
        Path(directory).chmod(0o555)
    return site


TERMINALS = (
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    {"PYTHONIOENCODING": "cp1252"},
)


def command(installed: Path, cwd: Path, *arguments: str, expected: int = 0, **more: str) -> str:
    """Standard output of the installed command: no HOME, no other copy of the project in sight."""
    start = (
        f"import sys; sys.path[:0] = [{str(installed)!r}]\n"
        f"sys.path = [one for one in sys.path if one != {str(ROOT)!r}]\n"
        "sys.meta_path = [one for one in sys.meta_path if 'editable' not in repr(one).lower()]\n"
        "import ablation\n"
        f"assert ablation.__file__.startswith({str(installed)!r}), ablation.__file__\n"
        "from ablation.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    variables = {
        name: value for name, value in os.environ.items() if name not in ("HOME", "PYTHONPATH", "KERAS_HOME")
    }
    done = subprocess.run(
        [sys.executable, "-c", start, *arguments],
        cwd=cwd, env=variables | more, capture_output=True, encoding=more.get("PYTHONIOENCODING", "utf-8"),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (expected, ""), done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_wheel_has_everything_that_commands_read(installed, tmp_path):
    studies = [line.split()[0] for line in command(installed, tmp_path, "list").splitlines()]
    assert studies == sorted(file.stem for file in (ROOT / "experiments").glob("*.yaml"))
    assert "7,296,330" in command(
        installed, tmp_path, "plan", "generalization", "--preset", "full", "--dataset", "cifar10"
    )
    for one in (("show", "dropout"), ("lectures",)):
        ours = tiny.python("-m", "ablation", *one, cwd=tmp_path).stdout
        assert command(installed, tmp_path, *one) == ours and len(ours) > 100
    assert tiny.tree(tmp_path) == []


def written(folder: Path) -> dict[Path, int]:
    """When each file below a folder was last written; Python's own caches, which root may write, aside."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.mark.slow
def test_a_wheel_lists_runs_and_reports_in_a_foreign_repository_on_any_terminal_without_a_home(
    installed, tmp_path
):
    before = written(installed)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    run = ("run", "generalization", "--preset", "smoke", "--dataset", "shapes", "--seeds", "1", "--jobs", "1")
    rest = ("--steps", "baseline", "--out", "out", "--no-report")
    for terminal, told in zip(TERMINALS, ("1 trial trained", "1 kept from before"), strict=True):
        assert "generalization" in command(installed, tmp_path, "list", **terminal)
        assert told in command(installed, tmp_path, *run, *rest, **terminal)
        assert "report.html" in command(installed, tmp_path, "report", "out", **terminal)
    assert '"git_commit": null' in (tmp_path / "out" / "manifest.json").read_text()
    assert (tmp_path / "out" / "report.html").is_file()
    assert written(installed) == before, "nothing is written there"
