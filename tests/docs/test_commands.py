"""Every command of README and docs does what it is for, in the order of its page and in a folder of the page's own.

A command is read by a shell, then by the program's own parser, and what it would train is laid out at the size that is
printed. It is then carried out in this process, with made-up trainings and at smoke size (`small`). Of commands of a
page that differ in nothing but the study or the reference run that they name, the first is carried out: each study is
trained by `tests/experiments/test_studies.py`, each reference run is read by `tests/docs/test_pages.py`.
"""

import contextlib
import functools
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ablation.cli import groups, main
from ablation.cli.parser import COMMANDS, build_parser
from ablation.errors import UserError
from ablation.study import load

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^(?:<!-- walk-through: .*-->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")
SET_UP = re.compile(r"^(make setup|source \.venv/bin/activate).*$", re.MULTILINE)
PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b|\.\.\.")  # STUDY, DIR
WRITES = re.compile(r"--figures\s+slides/(\S+)` writes `(\w+)\.pdf` and `(\w+)\.svg`")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
OTHERS_OPTIONS = {"--help-only"}  # of scripts
ARGUMENTS = 'ablation() { printf "%s\\0" "$@"; }\n'
TRAINS = ("run", "tune")
PLANS = ("run", "plan")
SMALL = (
    (re.compile(r"--preset \w+"), "--preset smoke"),
    (re.compile(r"--dataset (cifar10|fashion_mnist)"), "--dataset shapes"),
    (re.compile(r"--seeds \d+"), "--seeds 1"),
    (re.compile(r"--jobs \d+"), "--jobs 1"),
    (re.compile(r"--threads \d+"), "--threads 1"),
)
OURS = re.compile(rf"\b({'|'.join(file.stem for file in (ROOT / 'experiments').glob('*.yaml'))})\b")
REFERENCE = "results/reference"
RUN = re.compile(rf"{REFERENCE}/\S+|slides/\S+")


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
    for command in inline(text):
        if not PLACEHOLDER.search(command) and command.partition(" ")[2]:
            yield "shell", command


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


def inline(text):
    """The calls of `ablation` within sentences; a command's bare name is none."""
    for code in INLINE.findall(BLOCK.sub("", text)):
        one = " ".join(code.split())
        if one.startswith("ablation ") and one.removeprefix("ablation ") not in (*COMMANDS, "--version"):
            yield one


def small(command):
    """A command that trains, at smoke size."""
    for pattern, instead in SMALL:
        command = pattern.sub(instead, command)
    command = command.partition("  #")[0].rstrip()
    for option in ("--preset smoke", "--dataset shapes"):
        command += "" if option.split()[0] in command else f" {option}"
    if command.startswith("ablation run") and "--seeds" not in command:
        command += " --seeds 2 --max-seeds 2" if "--resolve" in command else " --seeds 1"
    return command


def arguments(command):
    """What a shell hands to the program."""
    ran = subprocess.run(["bash", "-ec", ARGUMENTS + command], capture_output=True, text=True, check=True)
    return ran.stdout.split("\0")[:-1]


@functools.cache
def _read_in(folder, study):
    return load(study)


def read_once(study):
    """A study; one of a file is that of its page's folder."""
    return _read_in(Path.cwd(), study) if study.endswith(".yaml") else _read_in(ROOT, study)


def lay_out(command):
    """Plan what a command would train, and look for the results that it would read, as it is printed.

    Raises:
        UserError: it would be refused.
    """
    from ablation.runner.plan import plan_run

    words = arguments(command)
    given = build_parser().parse_args(words)
    if words[0] in PLANS:
        plan_run(groups.study_of(given), groups.options_of(given, words))
    for word in words:
        if word.startswith(REFERENCE) and not (ROOT / word / "manifest.json").is_file():
            raise UserError(f"{word}: no such run")


class Reader:
    """Who does what a page says, in an empty folder of their own, where this project's files lie.

    Attributes:
        failed: what went wrong, a text each.
        carried_out: the kinds of command that were.
    """

    def __init__(self, patch, said):
        self.patch, self.said = patch, said
        self.failed, self.carried_out = [], set()

    def does(self, kind, content):
        if REFERENCE in content and not Path(REFERENCE).exists():
            Path(REFERENCE).parent.mkdir(exist_ok=True)
            Path(REFERENCE).symlink_to(ROOT / REFERENCE)
        if kind == "file":
            name = content.partition("\n")[0].removeprefix("# file: ")
            Path(name).write_text(content, encoding="utf-8")
        elif kind == "python":
            exec(content, {"__name__": "__main__"})
        elif not content.startswith("ablation "):
            subprocess.run(["bash", "-ec", content], check=True)
        else:
            self._calls(content)

    def _calls(self, printed):
        try:
            lay_out(printed)
        except UserError as error:
            self.failed.append(f"{printed}\n{error}")
            return
        except SystemExit as left:  # argparse, after --version or --help
            assert left.code == 0
            return
        name = printed.split()[1]
        planned = name in (*TRAINS, "check", "surface")
        command = small(printed) if planned else printed
        kind = OURS.sub("STUDY", command) if planned else RUN.sub("DIR", command)
        if kind in self.carried_out:
            return
        self.carried_out.add(kind)
        with contextlib.ExitStack() as stack:
            if name == "run":
                patch = stack.enter_context(self.patch.context())
                patch.setattr("ablation.report.Closing.write", lambda closing: [])
            code = main(arguments(command))
        if code != 0:
            self.failed.append(f"{printed}\nexit code {code}\n{self.said().err[-600:]}")


@pytest.fixture
def reader(tmp_path, monkeypatch, no_training, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setattr("ablation.hardware.default_jobs", lambda threads=1: 1)
    monkeypatch.setattr("ablation.study.load", read_once)
    monkeypatch.setattr("ablation.checks.check", lambda recipe, splits: [])
    monkeypatch.setattr("ablation.surface.survey", lambda step, splits, folder: "")
    return Reader(monkeypatch, capfd.readouterr)


@pytest.mark.parametrize(
    ("printed", "run"),
    [
        (
            "ablation run unlimited --preset quick",
            "ablation run unlimited --preset smoke --dataset shapes --seeds 1",
        ),
        (
            "ablation run x --dataset cifar10 --seeds 5 --jobs 2 --threads 2      # downloads it",
            "ablation run x --dataset shapes --seeds 1 --jobs 1 --threads 1 --preset smoke",
        ),
        (
            "ablation run x --preset quick --resolve",
            "ablation run x --preset smoke --resolve --dataset shapes --seeds 2 --max-seeds 2",
        ),
    ],
)
def test_what_stands_in_for_a_long_command(printed, run):
    assert small(printed) == run


def test_a_page_is_read_in_order_and_forms_are_left_out():
    text = (
        "`ablation tune STUDY`, `ablation run` or `ablation show\ndropout`\n"
        "```bash\nmake setup\npython - <<'END'\nx\nEND\nls\n```\n"
    )
    assert list(steps(text)) == [
        ("shell", "python - <<'END'\nx\nEND"), ("shell", "ls"), ("shell", "ablation show dropout"),
    ]  # fmt: skip


def test_nothing_that_is_pasted_becomes_a_pipe():
    for page in PAGES:
        for kind, command in steps(page.read_text(encoding="utf-8")):
            assert kind != "shell" or not re.search(r"\w\|\w", command), f"{page.name}: {command}"


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_run(page, reader):
    for kind, content in steps(page.read_text(encoding="utf-8")):
        reader.does(kind, content)
    assert reader.failed == [], "\n\n".join(reader.failed)


@pytest.mark.parametrize(
    "wrong",
    [
        "`ablation run generalization --sedes 3`",
        "`ablation run generalisation --preset quick`",
        "`ablation run generalization --preset quikc`",
        "`ablation run generalization --steps baseline,nose`",
        "`ablation run generalization --design one-out`",
        "`ablation run generalization --set training.epoch=3`",
        "`ablation show dropuot`",
        "`ablation export results/reference/generalization/cifar-quick --format latex`",
        "`ablation export results/reference/generalization/cifar10-quick --columns rnug`",
        "`ablation compare results/reference/generalization/cifar10-quick results/other`",
        "`ablation check generalization --step nose`",
        "`ablation surface generalization --steps nose`",
        "```bash\nablation run mine.yaml\n```\n",
    ],
)
def test_a_wrong_command_fails(wrong, reader):
    for kind, content in steps(wrong):
        reader.does(kind, content)
    assert len(reader.failed) == 1


def test_forms_and_mentions_name_what_there_is():
    options = {name: set(OPTION.findall(_help(name))) for name in COMMANDS}
    everywhere = set().union(*options.values()) | OTHERS_OPTIONS
    missing = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        missing += [
            f"{page.name}: {one}"
            for one in inline(text)
            if set(OPTION.findall(one)) - options.get(one.split()[1], set())
        ]
        missing += [
            f"{page.name}: {code}"
            for code in INLINE.findall(BLOCK.sub("", text))
            if code.startswith("--") and set(OPTION.findall(code)) - everywhere
        ]
        for line in INLINE.findall(BLOCK.sub("", text)):
            script = re.fullmatch(r"python (\S+\.py).*", " ".join(line.split()))
            missing += [f"{page.name}: {line}"] if script and not (ROOT / script[1]).is_file() else []
    assert missing == []


def _help(name):
    whole = build_parser()
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(text := io.StringIO()):
        whole.parse_args([name, "--help"])
    return text.getvalue()


def test_figures_named_beside_a_command_are_among_those_of_its_run():
    found = WRITES.findall((ROOT / "docs/lecturer.md").read_text(encoding="utf-8"))
    assert len(found) > 15
    for run, pdf, svg in found:
        assert pdf == svg
        assert (ROOT / "results/reference" / run / "figures" / f"{pdf}.png").is_file(), f"{run}: {pdf}"
