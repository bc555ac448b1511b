"""What the tests of the core share: tiny data, a tiny study, a stand-in for training."""

import gc
import multiprocessing
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny

from ablation.data import Splits, load

# As `ablation.hardware.use_threads`: whichever test computes first settles the threads of the whole process.
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


# What a machine may lack. In CI (REQUIRE_ALL=1) a test that is skipped for any other reason has failed.
MAY_LACK = (
    "no prepared CIFAR-10",
    "torch is not installed",
    "asked on PyTorch alone",
    "no file system can be mounted",
    "no LaTeX here",
)
MOST_WORKERS = 4


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite runs in one process a core, each with a TensorFlow of its own; a part of it in this process."""
    if config.args_source == pytest.Config.ArgsSource.ARGS:
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS)


def pytest_configure() -> None:
    """What imports make stays to the end, so the collector has nothing to find while tests are collected."""
    gc.disable()


def pytest_collection_finish() -> None:
    """The collector, which tests and libraries call, leaves alone what the imports made."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Any:
    """Where all tests have to run, a skipped one fails."""
    report = yield
    if os.environ.get("REQUIRE_ALL") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[-1]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(one in reason for one in MAY_LACK):
            report.outcome, report.longrepr = "failed", f"REQUIRE_ALL=1, but {reason}"
    return report


@pytest.fixture(autouse=True)
def no_data_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test finds data sets that happen to lie on this machine."""
    nowhere = tmp_path_factory.getbasetemp() / "nowhere"
    monkeypatch.delenv("ABLATION_DATA_DIR", raising=False)
    for name in ("KERAS_HOME", "TFDS_DATA_DIR"):
        monkeypatch.setenv(name, str(nowhere))


@pytest.fixture(scope="session", autouse=True)
def one_compilation_a_recipe() -> Iterator[None]:
    """All trials of this process share compiled networks: a run compiles anew otherwise."""
    from ablation.train.engines import Engines

    engines = Engines()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ablation.runner.executors.local.Engines", lambda: engines)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """Files are whole after a kill all the same: only a power cut would tell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda file: None)
        yield


@pytest.fixture
def ready_processes() -> Iterator[None]:
    """Processes that this one spawns hold Keras in memory already."""
    multiprocessing.set_executable(tiny.ready())
    yield
    multiprocessing.set_executable(sys.executable)


@pytest.fixture
def uncompiled() -> Iterator[None]:
    """TensorFlow computes op by op: a few steps take less time than to compile them."""
    tf = pytest.importorskip("tensorflow")
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


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
def trained_once(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What other tests with this fixture have trained is taken from them, whichever process they ran in."""
    from ablation.runner.executors import local

    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "trained"
    folder.mkdir(exist_ok=True)
    monkeypatch.setattr("ablation.runner.executors.local.train", tiny.Once(folder, local.train))


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports have their text and tables alone: figures take most of the time that a report takes."""
    tiny.draw_nothing(monkeypatch)


@pytest.fixture
def no_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are laid out and drawn into the page as ever; nothing is painted into `figures/*.png`."""
    tiny.paint_nothing(monkeypatch)


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> tiny.Trainer:
    """Replaces training by made-up figures that depend on the configuration alone; tells what was trained."""
    trainer = tiny.Trainer()
    monkeypatch.setattr("ablation.runner.executors.local.train", trainer)
    return trainer
