"""Any terminal: other encodings, closed streams, odd installations, no home, no foreign line."""

import gc
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tiny

import ablation
from ablation import system
from ablation.cli import main
from ablation.cli.parser import COMMANDS

PLAIN_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
ENCODINGS = [{"PYTHONIOENCODING": name} for name in ("cp1252", "ascii", "latin-1")] + [PLAIN_LOCALE]
UNTOUCHED = ("PYTHONIOENCODING", "PYTHONUTF8", "LC_ALL", "LANG")


def shell(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, under another environment; its output as bytes."""
    environment = {name: value for name, value in tiny.environment().items() if name not in UNTOUCHED}
    return subprocess.run(
        [sys.executable, "-m", "ablation", *arguments],
        cwd=cwd, env=environment | variables, capture_output=True, timeout=300,
    )  # fmt: skip


def test_without_a_command_there_is_help(capsys):
    assert main([]) == 0
    out, err = capsys.readouterr()
    assert err == "" and out.startswith("usage: ablation")
    assert all(f"    {name} " in out for name in COMMANDS)


def test_the_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"ablation {ablation.__version__}\n"


def test_every_command_has_a_file_and_every_file_is_a_command():
    folder = Path(ablation.__file__).parent / "cli" / "commands"
    assert {file.stem for file in folder.glob("*.py")} - {"__init__"} == set(COMMANDS)


def test_help_imports_little(tmp_path):
    code = (
        "import sys; from ablation.cli.parser import build_parser; build_parser().format_help()\n"
        "heavy = {'pydantic', 'yaml', 'numpy', 'pandas', 'rich', 'keras', 'scipy', 'matplotlib'}\n"
        "print(heavy & set(sys.modules))"
    )
    assert tiny.python("-c", code, cwd=tmp_path).stdout == "set()\n"


@pytest.mark.parametrize("what", ["list tricks", "show dropout", "show log_loss", "show generalization"])
def test_on_a_terminal_no_word_is_cut_and_elsewhere_no_line(what, capsys, monkeypatch):
    assert main(what.split()) == 0
    piped = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(what.split()) == 0
    shown = capsys.readouterr().out
    assert shown.split() == piped.split()
    longest = max(map(len, piped.split()))
    assert max(map(len, piped.splitlines())) > 80
    assert max(map(len, shown.splitlines())) <= max(40, 21 + longest)


def test_on_a_terminal_no_word_of_a_mistake_is_cut(capsys, monkeypatch):
    assert main(["show", "dropuot"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["show", "dropuot"]) == 2
    shown = capsys.readouterr().err
    assert shown.split() == line.split() and max(map(len, shown.splitlines())) <= 30


@pytest.mark.parametrize("variables", ENCODINGS, ids=lambda one: next(iter(one.values())))
def test_what_an_encoding_lacks_is_replaced(variables, tmp_path, study_file):
    file = study_file(title="Größe → 日本 − 3", ladder=[{"step": "a", "title": "± α"}])
    done = shell("show", str(file), cwd=tmp_path, **variables)
    assert (done.returncode, done.stderr) == (0, b"")
    name = variables.get("PYTHONIOENCODING", "ascii")
    text = done.stdout.decode(name)
    assert text.startswith("Gr??e" if name == "ascii" else "Größe")
    assert "-> ?? - 3" in text, "a minus stays one"
    assert "+- ?" in text if name == "ascii" else "± ?" in text
    done = shell("plan", str(file), "--preset", "full", cwd=tmp_path, **variables)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "parameters" in done.stdout.decode(name) and "?????" not in done.stdout.decode(name), (
        "no broken boxes"
    )
    done = shell("show", "日本", cwd=tmp_path, **variables)
    assert done.returncode == 2 and done.stderr.startswith(
        b"ablation: show: unknown trick, study, measure or family '"
    )


@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_traceback(closed, tmp_path):
    command = f"{sys.executable} -m ablation list {closed}"
    done = subprocess.run(command, shell=True, cwd=tmp_path, env=tiny.environment(), capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (b"generalization" in done.stdout) == (">&-" not in closed.replace("2>&-", ""))
    bad = f"{sys.executable} -m ablation show x {closed}"
    assert subprocess.run(bad, shell=True, cwd=tmp_path, env=tiny.environment()).returncode == 2


@pytest.mark.slow
def test_a_reader_that_leaves_ends_no_training(study_file, tmp_path):
    """As `ablation run ... | head -1`: it trains on without a word."""
    code = """
import sys
from ablation.cli import main
from ablation.system import frameworks_silenced
with frameworks_silenced():
    import tiny
    import ablation.runner.executors.local as local
local.train = trainer = tiny.Trainer()
code = main(["run", sys.argv[1], "--preset", "full", "--jobs", "1", "--out", "out", "--no-report"])
open("end", "w").write(f"{code} {len(trainer.trained)}")
"""
    first = "import sys; sys.stdin.readline()"
    command = f"{tiny.ready()} -c '{code}' {study_file()} | {sys.executable} -c '{first}'"
    done = subprocess.run(
        command.replace(f"'{code}'", '"$CODE"'), shell=True, cwd=tmp_path,
        env=tiny.environment() | {"CODE": code, "PYTHONUNBUFFERED": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "end").read_text() == "0 3"
    assert len(tiny.table(tmp_path / "out" / "trials.csv")) == 3


def test_an_installation_without_its_studies_is_told(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("ablation.study.names", lambda: ())
    assert main(["list"]) == 2
    assert "list: no studies in " in capsys.readouterr().err


@pytest.mark.parametrize("command", ["list", "run generalization"])
def test_a_system_without_posix_is_told_so(command, tmp_path):
    code = (
        "import sys\n"
        "for name in ('fcntl', 'resource'): sys.modules[name] = None\n"
        "from ablation.cli import main\n"
        f"sys.exit(main({command.split()!r}))"
    )
    done = tiny.python("-c", code, cwd=tmp_path, expected=2)
    assert done.stdout == ""
    assert done.stderr == (
        "ablation: this system is not supported; expected Linux or macOS (on Windows: WSL 2)\n"
    )


NO_HOME = """
import os, sys, pwd
os.environ.pop("HOME", None)
def none(*a): raise KeyError("getpwuid(): uid not found: 12345")
pwd.getpwuid = pwd.getpwnam = none
from ablation.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", ["list", "plan generalization", "show dropout"])
def test_no_home(command, tmp_path):
    done = tiny.python("-c", NO_HOME, *command.split(), cwd=tmp_path)
    assert done.stderr == "" and done.stdout


@pytest.mark.slow
def test_no_home_and_keras(study_file, tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    study_file()
    told = tiny.python(
        "-c", NO_HOME, *["run", "tiny.yaml", "--preset", "ful"], cwd=tmp_path, expected=2
    ).stderr
    assert "did you mean 'full'" in told
    assert tiny.tree(tmp_path) == ["tiny.yaml"], "no folder named ~"


def test_a_silenced_stream_is_given_back(capfd, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    with system.frameworks_silenced():
        os.write(2, b"native chatter")
        subprocess.run([sys.executable, "-c", "import os; os.write(2, b'of a child')"], check=True)
    os.write(2, b"ours")
    assert capfd.readouterr().err == "ours"
    with pytest.raises(ValueError), system.frameworks_silenced():
        raise ValueError
    os.write(2, b"again")
    assert capfd.readouterr().err == "again"


def test_the_collector_rests_while_libraries_are_imported_and_no_longer():
    with pytest.raises(ImportError), system.imports_uncollected():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()
    gc.disable()
    try:
        with system.imports_uncollected():
            pass
        assert not gc.isenabled(), "whoever turned it off keeps it off"
    finally:
        gc.enable()


def test_who_asks_for_the_log_of_tensorflow_gets_it(capfd, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    with system.frameworks_silenced():
        os.write(2, b"native chatter")
    assert capfd.readouterr().err == "native chatter"


SMOKE = ("generalization", "--preset", "smoke", "--dataset", "shapes")
ONE_SEED = (*SMOKE, "--seeds", "1", "--out", "out")


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("run", *ONE_SEED, "--jobs", "2", "--steps", "baseline,batch_norm"),
        ("run", *ONE_SEED, "--executor", "ray", "--steps", "baseline", "--no-report"),
        ("check", *SMOKE),
        ("tune", *SMOKE, "--jobs", "1", "--coarse", "1x1", "--fine", "1x1", "--out", "out"),
    ],
    ids=["run", "ray", "check", "tune"],
)
def test_no_foreign_line_reaches_the_terminal(command, tmp_path):
    if "ray" in command:
        pytest.importorskip("ray")
    done = shell(*command, cwd=tmp_path)
    text = done.stdout.decode()
    assert done.stderr == b""
    assert done.returncode in (0, 1) and "Traceback" not in text
    for foreign in ("absl", "oneDNN", "cudart", "WARNING", "I0000", "TensorFlow", "Ray "):
        assert foreign not in text


@pytest.mark.parametrize(
    "arguments",
    [
        "report LONG", "export LONG", "overview LONG", "watch LONG", "list --code LONG", "new trick mine --in LONG",
        "plan generalization --dataset cifar10 --data-dir LONG",
    ],
)  # fmt: skip
def test_a_name_that_no_system_takes_is_one_line(arguments, capsys):
    assert main(arguments.replace("LONG", "x" * 300).split()) == 2
    said = capsys.readouterr().err
    assert (
        said.startswith("ablation: ")
        and said.count("\n") == 1
        and re.search("ame too long|expected a folder", said)
    )
