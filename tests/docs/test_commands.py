"""Every command of README and docs runs as printed, in a clean shell, after the set-up that the page shows.

What stands in for more than a minute: `make setup` and the activation are the environment of these tests; a run, search
or check is of preset `smoke` and one seed on the drawn images, whatever its page says (`SMALL`).
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^(?:<!-- walk-through: .*-->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(ablation [^`]+)`")
SET_UP = re.compile(r"^(make setup|source \.venv/bin/activate).*$", re.MULTILINE)
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


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES[:1], ids=lambda page: page.stem)
def test_the_commands_of_a_page_run(page, tmp_path):
    for name in ("results/reference", "experiments", "docs", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(ROOT / name)
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for name, line in (("ablation", "-m ablation"), ("python", "")):
        (binaries / name).write_text(f'#!/bin/sh\nexec {sys.executable} {line} "$@"\n', encoding="utf-8")
        (binaries / name).chmod(0o755)
    environment = {
        "PATH": f"{binaries}:{os.environ['PATH']}", "HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT),
        "TERM": "dumb",
    }  # fmt: skip
    failed, done = [], set()
    for kind, content in steps(page.read_text(encoding="utf-8")):
        command = small(content) if kind == "shell" else content
        if kind == "file":
            (tmp_path / content.partition("\n")[0].removeprefix("# file: ")).write_text(
                content, encoding="utf-8"
            )
        elif command not in done:
            done.add(command)
            argv = ["bash", "-c", command] if kind == "shell" else [sys.executable, "-c", command]
            ran = subprocess.run(
                argv, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
            )
            if ran.returncode not in ANSWERS.get(" ".join(command.split()[:2]), (0,)):
                failed.append(f"{content}\n{ran.stdout[-300:]}{ran.stderr[-600:]}")
    assert failed == [], "\n\n".join(failed)
