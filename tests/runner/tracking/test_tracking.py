"""Every tracker alike."""

import importlib
from pathlib import Path

import pytest

from ablation.errors import UserError
from ablation.runner.tracking import TRACKERS
from ablation.runner.tracking.tracker import About


@pytest.mark.parametrize("name", TRACKERS)
def test_without_its_package_one_line_says_what_to_install(name, monkeypatch):
    def missing(module, *_):
        raise ModuleNotFoundError(f"No module named '{module}'")

    monkeypatch.setattr(importlib, "import_module", missing)
    with (
        pytest.raises(UserError, match=rf"--{name}: No module named '{name}'; pip install -e '.\[{name}\]'"),
        TRACKERS[name]("", About("tiny", Path("out"), "")),
    ):
        raise AssertionError
