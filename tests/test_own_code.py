"""A folder of the user's own code."""

import hashlib
import importlib.util
import os
import py_compile
from pathlib import Path

import pytest

from ablation import own_code
from ablation.cli import main
from ablation.errors import UserError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv(own_code.VARIABLE, raising=False)
    for room in ("tricks", "layers"):
        (tmp_path / room).mkdir()
    (tmp_path / "tricks" / "mine.py").write_text("x = 1\n")
    yield tmp_path
    own_code.leave()


def test_without_a_folder_there_is_nothing(folder):
    assert own_code.paths("tricks") == [] and own_code.sources() == {} and own_code.digest() == ""


def test_a_folder_is_known_by_what_its_files_hold(folder):
    own_code.use(folder)
    assert own_code.paths("tricks") == [str(folder / "tricks")] and own_code.paths("data") == []
    assert own_code.sources() == {"tricks/mine.py": b"x = 1\n"}
    assert own_code.digest() == hashlib.sha256(b"tricks/mine.py 6\nx = 1\n").hexdigest()
    (folder / "tricks" / "mine.py").write_text("x = 2\n")
    assert own_code.digest() == hashlib.sha256(b"tricks/mine.py 6\nx = 2\n").hexdigest()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dropout.py", "--code tricks/dropout.py: there is one of that name here"),
        ("my-trick.py", "--code tricks/my-trick.py: expected a name of letters, digits and _"),
    ],
)
def test_a_file_that_cannot_be_one_of_ours_is_named(folder, name, message):
    (folder / "tricks" / name).touch()
    with pytest.raises(UserError, match=message):
        own_code.use(folder)
    assert own_code.paths("tricks") == []


def test_a_folder_without_a_room_is_told_what_was_expected(tmp_path, monkeypatch):
    monkeypatch.delenv(own_code.VARIABLE, raising=False)
    (tmp_path / "trick").mkdir()
    with pytest.raises(UserError, match=r"expected one of tricks, .* found trick; did you mean .*tricks"):
        own_code.use(tmp_path)
    with pytest.raises(UserError, match="found no such folder"):
        own_code.use(tmp_path / "nowhere")


def test_a_name_that_the_package_gives_something_else_is_taken(folder):
    """tricks/trick.py would take the place of the function `trick` that every trick imports."""
    for path in ("tricks/trick.py", "tricks/names.py", "measures/measured.py", "data/get.py"):
        assert own_code.taken(path)
    assert not own_code.taken("tricks/mine.py")
    (folder / "tricks" / "trick.py").touch()
    with pytest.raises(UserError, match=r"--code tricks/trick\.py: there is one of that name here"):
        own_code.use(folder)


def test_files_of_an_editor_or_the_system_are_no_code(folder):
    (folder / "tricks" / ".#mine.py").symlink_to("me@host.1234")
    (folder / "tricks" / "._mine.py").write_bytes(b"\0\5")
    kept = folder / "tricks" / ".ipynb_checkpoints"
    kept.mkdir()
    (kept / "mine.py").write_text("old\n")
    own_code.use(folder)
    assert own_code.sources() == {"tricks/mine.py": b"x = 1\n"}


@pytest.mark.parametrize(
    "make", [lambda file: file.mkdir(), lambda file: file.symlink_to("nowhere"), os.mkfifo]
)
def test_what_is_no_file_is_named(folder, make):
    make(folder / "tricks" / "yours.py")
    with pytest.raises(UserError, match=r"--code tricks/yours\.py: expected a file"):
        own_code.use(folder)


def test_a_file_that_ends_the_program_is_a_mistake_in_it(folder, capsys):
    (folder / "tricks" / "mine.py").write_text("import sys\nsys.exit(3)\n")
    assert main(["show", "mine", "--code", str(folder)]) == 2
    assert capsys.readouterr().err == "ablation: --code tricks/mine.py, line 2: SystemExit: 3\n"


def _write_bytecode(file):
    """Bytecode that Python takes for the file's own, cut short."""
    py_compile.compile(str(file), doraise=True)
    kept = Path(importlib.util.cache_from_source(str(file)))
    kept.write_bytes(kept.read_bytes()[:20])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"x = 1\0\n", "--code tricks/mine.py: SyntaxError: source code string cannot contain null bytes"),
        (b"\xff\xfex = 1\n", "--code tricks/mine.py, line 1: SyntaxError: (unicode error)"),
        (b"# coding: nonsense\n", "--code tricks/mine.py: SyntaxError: unknown encoding: nonsense"),
        (b"x = " + b"(" * 5000 + b")" * 5000, "--code tricks/mine.py, line 1: SyntaxError: too many nested"),
        (b"x = " + b"-" * 50_000 + b"1", "--code tricks/mine.py"),
        (b"def f():\n    f()\n\nf()\n", "--code tricks/mine.py, line 2: RecursionError: maximum recursion"),
        (
            b"class E(Exception):\n    def __str__(self):\n        return None\n\nraise E\n",
            "--code tricks/mine.py, line 5: E: <exception str() failed>",
        ),
        (b"raise BaseException('a\\nb')\n", "--code tricks/mine.py, line 1: BaseException: a b"),
        (
            b"\nimport ablation.tricks.yours\n",
            "--code tricks/mine.py, line 2: SyntaxError: source code string",
        ),
    ],
)
def test_whatever_importing_a_file_raises_is_one_line(folder, capsys, content, told):
    (folder / "tricks" / "mine.py").write_bytes(content)
    (folder / "tricks" / "yours.py").write_bytes(b"\0")
    assert main(["show", "mine", "--code", str(folder)]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"ablation: {told}") and line.count("\n") == 1


def test_damaged_bytecode_of_a_file_is_one_line(folder, capsys, monkeypatch):
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    _write_bytecode(folder / "tricks" / "mine.py")
    assert main(["show", "mine", "--code", str(folder)]) == 2
    line = capsys.readouterr().err
    assert line.startswith("ablation: --code tricks/mine.py: EOFError: ") and line.count("\n") == 1


@pytest.mark.parametrize("content", [b"\0", b"x = " + b"-" * 50_000 + b"1"])
def test_a_file_that_is_no_python_is_found_without_a_traceback_of_it(folder, content):
    """Such is the error where an `import` statement came upon the file: it names none."""
    (folder / "layers" / "mine.py").write_bytes(content)
    own_code.use(folder)
    with pytest.raises((SyntaxError, MemoryError)) as raised:
        compile(content, "mine.py", "exec")
    assert own_code.place(raised.value) == "layers/mine.py"
