"""One writer a folder, whatever becomes of it."""

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
