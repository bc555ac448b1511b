"""The suite's own machinery: what is skipped in CI fails, and a part of the suite needs no workers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
SKIPS = """
import pytest

def test_of_a_package():
    pytest.importorskip("no_such_package")

def test_of_data():
    pytest.skip("no prepared CIFAR-10 here")

@pytest.mark.xfail(reason="known", strict=True)
def test_expected():
    assert False

def test_plain():
    pass
"""


@pytest.mark.parametrize(("required", "told"), [("0", "2 skipped"), ("1", "1 failed")])
def test_what_should_run_in_ci_and_is_skipped_fails_there(required, told, tmp_path):
    hooks = CONFTEST.read_text(encoding="utf-8").partition("@pytest.fixture(autouse=True)")[0]
    plain = "\n".join(
        line for line in hooks.splitlines() if not line.startswith(("import tiny", "from ablation"))
    )
    (tmp_path / "conftest.py").write_text(plain)
    (tmp_path / "test_skips.py").write_text(SKIPS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_skips.py"],
        cwd=tmp_path, env=os.environ | {"REQUIRE_ALL": required}, capture_output=True, text=True,
    )  # fmt: skip
    assert told in done.stdout and "1 passed" in done.stdout and "1 xfailed" in done.stdout
    assert ("REQUIRE_ALL=1, but" in done.stdout) == (required == "1")
    assert required == "0" or "1 skipped" in done.stdout
