"""One writer a folder, whatever becomes of it."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny

from ablation.errors import UserError
from ablation.runner.lock import hold

HOLDER = """
import sys, time
from pathlib import Path
from ablation.runner.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        env=tiny.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_the_second_is_told_who_holds_the_folder_and_since_when(holder, tmp_path):
    with pytest.raises(UserError) as raised, hold(tmp_path):
        pass
    text = str(raised.value)
    assert f"process {holder.pid} on {os.uname().nodename} since {time.strftime('%Y')}" in text
    assert str(tmp_path) in text and "--out" in text


def test_a_killed_holder_holds_nothing(holder, tmp_path):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with hold(tmp_path):
        pass


def test_what_was_held_is_free_again_and_names_nobody(tmp_path):
    for _ in range(2):
        with hold(tmp_path / "new" / "folder"):
            pass
    assert (tmp_path / "new" / "folder" / ".lock").read_text() == ""


@pytest.mark.parametrize("folder", ["/proc/nowhere", "/dev/null/x", "a\0b", "x" * 300, "file"])
def test_a_folder_that_cannot_be_written(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("in the way")
    with pytest.raises(UserError, match="cannot be written"), hold(Path(folder)):
        pass


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_a_lock_that_is_a_link_does_not_touch_its_target(link, tmp_path):
    precious = tmp_path / "precious.txt"
    precious.write_text("a thesis")
    (tmp_path / "out").mkdir()
    link(precious, tmp_path / "out" / ".lock")
    with pytest.raises(UserError, match=r"\.lock: expected a file of this project"), hold(tmp_path / "out"):
        pass
    assert precious.read_text() == "a thesis"


def test_a_lock_that_is_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / ".lock")
    with pytest.raises(UserError, match="found no regular file"), hold(tmp_path):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EIO])
def test_a_file_system_without_locks_is_a_line_and_can_be_worked_with(number, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(UserError, match=r"its file system has no locks .* --no-lock"), hold(tmp_path):
        pass
    with hold(tmp_path / "new", lock=False):
        assert (tmp_path / "new").is_dir()
    with pytest.raises(OSError, match="inside"), hold(tmp_path, lock=False):
        raise OSError("inside")
