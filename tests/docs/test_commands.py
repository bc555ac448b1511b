"""Every command of README and docs runs as printed, in a clean shell, after the set-up that the page shows.

What stands in for more than a minute: `make setup` and the activation are the environment of these tests; a run, search
or check is of preset `smoke` and one seed on the drawn images, whatever its page says (`SMALL`). A page of docs is read
by the same shell, but its calls of `ablation` are carried out in this process, whose TensorFlow they share, and the
studies that come with the project are run with made-up trainings: each of them is trained by
`tests/experiments/test_studies.py`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tiny

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", *DOCS]
BLOCK = re.compile(r"^(?:<!-- walk-through: .*-->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(ablation [^`]+)`")
SET_UP = re.compile(r"^(make setup|source \.venv/bin/activate).*$", re.MULTILINE)
RUNS_A_STUDY = re.compile(r"ablation run [a-z_0-9]+ --preset (quick|full)")
FIGURES = re.compile(r" --figures \S+")
NAMED = re.compile(r"\b[A-Z]{3,}\b|\.\.\.")  # STUDY, DIR: a form, no command
TRAINS = ("ablation run", "ablation tune", "ablation check", "ablation surface", "ablation plan")
SMALL = (
    (re.compile(r"--preset \w+"), "--preset smoke"),
    (re.compile(r"--dataset cifar10"), "--dataset shapes"),
    (re.compile(r"--seeds \d+"), "--seeds 1"),
)
ANSWERS = {"ablation check": (0, 1)}  # its exit code says what it found


def small(command):
    """A command at smoke size."""
    if not command.startswith(TRAINS):
        return command
    for pattern, instead in SMALL:
        command = pattern.sub(instead, command)
    command = command.partition("  #")[0].rstrip()
    for option in ("--preset smoke", "--dataset shapes"):
        command += "" if option.split()[0] in command else f" {option}"
    if command.startswith("ablation run") and "--seeds" not in command:
        command += " --seeds 1"
    return command


def steps(text):
    """What a reader of the page does, in order: (kind, content) of files to write, Python and shell commands."""
    for found in BLOCK.finditer(text):
        kind, content = found.groups()
        if kind == "yaml" and content.startswith("# file: "):
            yield "file", content
        elif kind == "python" and not found[0].startswith("<!--"):
            yield "python", content
        elif kind == "bash":
            yield from (("shell", one) for one in commands(SET_UP.sub("", content)))
    for command in INLINE.findall(BLOCK.sub("", text)):
        if not NAMED.search(command) and len(command.split()) > 2:
            yield "shell", " ".join(command.split())


def commands(block):
    """A block's commands; a here-document is one with its text."""
    lines = iter(block.splitlines())
    for line in lines:
        if end := re.search(r"<<'(\w+)'", line):
            body = [line]
            for more in lines:
                body.append(more)
                if more == end[1]:
                    break
            yield "\n".join(body)
        elif line.strip():
            yield line


@pytest.mark.parametrize(
    ("printed", "run"),
    [
        (
            "ablation run unlimited --preset quick",
            "ablation run unlimited --preset smoke --dataset shapes --seeds 1",
        ),
        ("ablation list tricks      # what there is", "ablation list tricks      # what there is"),
        (
            "ablation run x --dataset cifar10 --seeds 5      # downloads it",
            "ablation run x --dataset shapes --seeds 1 --preset smoke",
        ),
    ],
)
def test_what_stands_in_for_a_long_command(printed, run):
    assert small(printed) == run


def test_a_page_is_read_in_order_and_forms_are_left_out():
    text = "`ablation tune STUDY` or `ablation show dropout`\n```bash\nmake setup\npython - <<'END'\nx\nEND\nls\n```\n"
    assert list(steps(text)) == [
        ("shell", "python - <<'END'\nx\nEND"), ("shell", "ls"), ("shell", "ablation show dropout"),
    ]  # fmt: skip


def test_nothing_that_is_pasted_becomes_a_pipe():
    for page in PAGES:
        for kind, command in steps(page.read_text(encoding="utf-8")):
            assert kind != "shell" or not re.search(r"\w\|\w", command), f"{page.name}: {command}"


def linked(folder):
    """A folder with what a command of a page may name."""
    for name in ("results/reference", "experiments", "docs", "README.md"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(ROOT / name)


def clean(folder, ablation):
    """The environment of a clean shell.

    Args:
        folder: the reader's.
        ablation: the shell script that `ablation` is there.
    """
    binaries = folder / "bin"
    binaries.mkdir()
    for name, script in (("ablation", ablation), ("python", f'exec {sys.executable} "$@"')):
        (binaries / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (binaries / name).chmod(0o755)
    return {
        "PATH": f"{binaries}:{os.environ['PATH']}", "HOME": str(folder / "home"), "PYTHONPATH": str(ROOT),
        "TERM": "dumb",
    }  # fmt: skip


def write(folder, content):
    """A file that a page tells its reader to write."""
    (folder / content.partition("\n")[0].removeprefix("# file: ")).write_text(content, encoding="utf-8")


def answers(command):
    """The exit codes of a command that did what it is for."""
    return ANSWERS.get(" ".join(command.split()[:2]), (0,))


@pytest.mark.slow
def test_the_commands_of_readme_run(tmp_path):
    linked(tmp_path)
    environment = clean(tmp_path, f'exec {sys.executable} -m ablation "$@"')
    failed = []
    for kind, content in steps(PAGES[0].read_text(encoding="utf-8")):
        assert kind == "shell", "README has commands alone"
        ran = subprocess.run(
            ["bash", "-c", small(content)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        if ran.returncode not in answers(content):
            failed.append(f"{content}\n{ran.stdout[-300:]}{ran.stderr[-600:]}")
    assert failed == [], "\n\n".join(failed)


@pytest.mark.slow
def test_the_commands_of_docs_run(tmp_path, monkeypatch, capfd):
    from ablation.cli import main

    linked(tmp_path)
    environment = clean(tmp_path, 'for one; do printf "%s\\0" "$one"; done >"$HOME.asked"')
    asked, done, failed = Path(f"{environment['HOME']}.asked"), set(), []
    monkeypatch.chdir(tmp_path)
    for page in DOCS:
        for kind, content in steps(page.read_text(encoding="utf-8")):
            command = small(content) if kind == "shell" else content
            if any("--figures" in one for one in done):
                command = FIGURES.sub("", command)  # drawn once; of the other runs the table
            if kind == "file":
                write(tmp_path, content)
            elif command not in done:
                done.add(command)
                asked.unlink(missing_ok=True)
                argv = ["bash", "-ec", command] if kind == "shell" else [sys.executable, "-c", command]
                ran = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=600)
                code, said = ran.returncode, ran.stderr
                if code == 0 and asked.is_file():
                    arguments = asked.read_text(encoding="utf-8").split("\0")[:-1]
                    with monkeypatch.context() as patch:
                        if RUNS_A_STUDY.match(content):
                            patch.setattr("ablation.runner.executors.local.train", tiny.Trainer())
                        code = main(arguments)
                    said = capfd.readouterr().err
                if code not in answers(content):
                    failed.append(f"{page.name}: {content}\n{said[-600:]}")
    assert len(done) > 40
    assert failed == [], "\n\n".join(failed)
