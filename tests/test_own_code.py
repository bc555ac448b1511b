"""A folder of the user's own code."""

import hashlib

import pytest

from ablation import own_code
from ablation.errors import UserError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv(own_code.VARIABLE, raising=False)
    for room in ("tricks", "layers"):
        (tmp_path / room).mkdir()
    (tmp_path / "tricks" / "mine.py").write_text("x = 1\n")
    return tmp_path


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
