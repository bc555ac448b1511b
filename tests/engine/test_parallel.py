"""One trial on two devices against the same trial on one."""

import json
from pathlib import Path

import numpy as np
import pytest
import tiny

from ablation.cli import main
from ablation.engine import parallel
from ablation.errors import UserError

pytest.importorskip("keras")


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def runs(request, tmp_path_factory):
    """Folder of the runs `one`, `two` and `again`, and the backend they were made with."""
    pytest.importorskip(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", request.param)
        tiny.keras_python(str(Path(__file__).with_name("two_devices.py")), str(folder), cwd=folder)
    return folder, request.param


def losses(folder: Path, step: str) -> list[float]:
    rows = tiny.tables(folder)["epochs"]
    return [float(row[key]) for row in rows if row["step"] == step for key in ("loss", "val_loss")]


@pytest.mark.slow
def test_two_devices_take_the_steps_of_one(runs):
    folder, _ = runs
    one, two = (losses(folder / name, "exact") for name in ("one", "two"))
    assert len(one) == 6
    assert two == pytest.approx(one, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("runs", ["tensorflow"], indirect=True)
def test_two_devices_take_the_steps_of_one_in_float16_with_weights_of_classes(runs):
    folder, _ = runs
    one, two = (losses(folder / name, "float16") for name in ("one", "two"))
    assert two == pytest.approx(one, abs=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("runs", ["tensorflow"], indirect=True)
def test_an_overflow_is_left_out_on_both_devices(runs):
    with np.load(runs[0] / "overflow.npz") as told:
        np.testing.assert_array_equal(told["after"], told["before"])
        assert np.isfinite(told["loss"]).all()
        assert (told["scale"], told["steps"]) == (2.0**59, 0)


@pytest.mark.slow
def test_noise_and_batch_statistics_are_the_whole_batchs_on_jax_and_a_shares_on_tensorflow(runs):
    folder, backend = runs
    one, two = (losses(folder / name, "batches") for name in ("one", "two"))
    if backend == "jax":
        assert two == pytest.approx(one, abs=1e-4)
    else:
        assert two == pytest.approx(one, rel=0.3)
        assert two != pytest.approx(one, abs=1e-2)


@pytest.mark.slow
def test_an_interrupted_trial_goes_on_on_two_devices(runs):
    folder, _ = runs
    whole = [row for row in tiny.tables(folder / "two")["epochs"] if row["step"] == "batches"]
    assert tiny.tables(folder / "again")["epochs"] == whole


@pytest.mark.slow
def test_trials_of_several_devices_are_other_trials(runs):
    folder, _ = runs
    hashes = [{row["config_hash"] for row in tiny.tables(folder / name)["trials"]} for name in ("one", "two")]
    assert not hashes[0] & hashes[1]
    manifest = json.loads((folder / "two" / "manifest.json").read_text())
    assert (manifest["strategy"], manifest["devices"]) == ("data-parallel", 2)


def test_one_device_cannot_be_shared_out_nor_an_odd_batch(study_file, tmp_path, capsys, monkeypatch):
    command = ["run", str(study_file()), "--preset", "full", "--out", str(tmp_path / "out")]
    assert main([*command, "--strategy", "data-parallel"]) == 2
    assert "expected two devices or more, found one" in capsys.readouterr().err
    assert main([*command, "--strategy", "data-paralel"]) == 2
    assert "did you mean 'data-parallel'?" in capsys.readouterr().err
    assert main([*command, "--strategy", "data-parallel", "--jobs", "2"]) == 2
    assert "--strategy: data-parallel takes all devices; expected jobs 1" in capsys.readouterr().err
    monkeypatch.setattr("ablation.engine.mirrored.devices", lambda: ["a", "b", "c"])
    assert main([*command, "--strategy", "data-parallel"]) == 2
    assert (
        "expected batches of a multiple of 3 images, one share for each device, found 16"
        in capsys.readouterr().err
    )
    monkeypatch.setattr(parallel.keras.config, "backend", lambda: "torch")
    with pytest.raises(UserError, match="expected KERAS_BACKEND tensorflow or jax, found torch"):
        parallel.device_count([16])
