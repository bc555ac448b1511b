"""Whatever is done to a study's processes, its tables are those of an undisturbed run.

`ABLATION_ROUNDS=40 pytest tests/runner/test_torture.py` kills at more moments; `make torture` kills more often too.
"""

import os
import random
import signal

import pytest
import torture

pytest.importorskip("keras")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return torture.Study(tmp_path_factory.mktemp("torture"))


@pytest.fixture(scope="module")
def undisturbed(study):
    """Folder and seconds of a run that nobody disturbed."""
    out = study.folder / "undisturbed"
    return out, study.undisturbed(out)


@pytest.mark.parametrize("number", range(int(os.environ.get("ABLATION_ROUNDS", "1"))))
def test_killed_again_and_again(study, undisturbed, tmp_path, number):
    there, seconds = undisturbed
    most = {"run": 3, "report": 1}
    study.killed_until_done(tmp_path / "out", seconds, random.Random(number), most)
    assert torture.differences(there, tmp_path / "out") == []


def stopped_by_ctrl_c(study, out):
    """What a run said that got Ctrl-C after its first epoch."""
    process = study.start("run", out)
    for line in process.stdout:
        if "epoch 1/5" in line:
            os.killpg(process.pid, signal.SIGINT)
            break
    said, _ = process.communicate()
    assert process.returncode == 130
    return said


def checkpoints(out):
    return list((out / "checkpoints").glob("*.npz"))


def test_ctrl_c_finishes_the_epoch_says_how_to_go_on_and_goes_on(study, undisturbed, tmp_path):
    for attempt in range(5):  # on a busy machine the signal may come when the last epoch has ended
        out = tmp_path / str(attempt)
        said = stopped_by_ctrl_c(study, out)
        assert "stopping after this epoch" in said
        assert said.endswith("stopped; the same command goes on where this one ended\n")
        if checkpoints(out):
            break
    assert len(checkpoints(out)) == 1
    study.undisturbed(out)
    assert torture.differences(undisturbed[0], out) == []
