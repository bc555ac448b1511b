import dataclasses
import os
from pathlib import Path

import pytest

from ablation.data.sources import cifar10, cifar100, fashion_mnist

MODULES = {module.DATASET.name: module for module in (cifar10, cifar100, fashion_mnist)}


@pytest.fixture(autouse=True)
def bare_machine(tmp_path, monkeypatch):
    """A user with empty caches and no settings."""
    for name in ("ABLATION_DATA_DIR", "TFDS_DATA_DIR", "KERAS_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def small(monkeypatch):
    """The three data sets, as the library would know them if they were small."""
    found = {}
    for name, number in (("cifar10", 120), ("cifar100", 400), ("fashion_mnist", 120)):
        found[name] = dataclasses.replace(MODULES[name].DATASET, train=number, test=number // 2)
        monkeypatch.setattr(MODULES[name], "DATASET", found[name])
    return found


@pytest.fixture(scope="session")
def real():
    """The folder with the real, prepared CIFAR-10 and Fashion-MNIST."""
    beside = Path(__file__).parents[3] / "shared" / "tfds"
    folder = Path(os.environ.get("ABLATION_DATA_DIR", beside))
    if not (folder / "cifar10" / "3.0.2").is_dir():
        pytest.skip("no prepared CIFAR-10 in ABLATION_DATA_DIR nor in ../shared/tfds")
    return folder
