"""What the tests of the core share: tiny data, a tiny study, a stand-in for training."""

import os
from pathlib import Path
from typing import Any

import pytest
import tiny

from ablation.data import Splits, load

# As `ablation.hardware.use_one_thread`: whichever test computes first settles the threads of the whole process.
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


@pytest.fixture(autouse=True)
def no_data_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test finds data sets that happen to lie on this machine."""
    nowhere = tmp_path_factory.getbasetemp() / "nowhere"
    monkeypatch.delenv("ABLATION_DATA_DIR", raising=False)
    for name in ("KERAS_HOME", "TFDS_DATA_DIR"):
        monkeypatch.setenv(name, str(nowhere))


@pytest.fixture(scope="session")
def splits() -> Splits:
    """64 training, 32 validation and 32 test images of shapes."""
    return load("shapes", train=64, val=32, test=32)


@pytest.fixture
def study_file(tmp_path: Path) -> Any:
    """Writes the tiny study, with some keys changed, and gives the file."""

    def write(**changes: Any) -> Path:
        return tiny.write_study(tmp_path / "tiny.yaml", **changes)

    return write


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> tiny.Trainer:
    """Replaces training by made-up figures that depend on the configuration alone; tells what was trained."""
    trainer = tiny.Trainer()
    monkeypatch.setattr("ablation.runner.executors.local.train", trainer)
    return trainer
