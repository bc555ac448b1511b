"""Trials on a Ray cluster of two nodes, both on this machine: the tables of a local run, whatever dies."""

import functools
import os
import signal
import threading
import time

import own
import pytest
import tiny
from tiny import Quiet, run_study, tables

from ablation import own_code
from ablation.cli import main
from ablation.runner.provenance import command_line

pytest.importorskip("keras")
pytest.importorskip("ray")

LADDER = [
    {"step": "baseline"},
    {"step": "batch_norm", "tricks": ["batch_norm"]},
    {"step": "noise", "from": "baseline", "tricks": ["noise"]},
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A study trained in this process: its file and its tables."""
    folder = tmp_path_factory.mktemp("whole")
    file = tiny.write_study(folder / "tiny.yaml", ladder=LADDER)
    run_study(file, folder / "out")
    return file, tables(folder / "out")


@pytest.fixture(scope="module")
def cluster():
    """Two nodes, each with room for one trial; the driver belongs to the first."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")
        started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        started.second = started.add_node(num_cpus=1)
        yield started
        started.shutdown()


@pytest.mark.slow
def test_a_node_that_dies_in_mid_study_loses_no_trial_and_doubles_none(whole, cluster, tmp_path, monkeypatch):
    from ablation.runner.executors import ray

    file, expected = whole
    second = cluster.second.node_id

    def carry_out(task, watch, stop):
        """As ever; but a trial on the second node never comes to an end."""
        from ray import get_runtime_context

        from ablation.runner.executors.local import carry_out

        node = get_runtime_context().get_node_id()
        (tmp_path / f"{task.trial.config_hash} {node} {time.time()}").touch()
        if node == second:
            time.sleep(600)
        return carry_out(task, watch, stop)

    def kill_once_busy():
        while not list(tmp_path.glob(f"* {second} *")):
            time.sleep(0.1)
        cluster.remove_node(cluster.second, allow_graceful=False)

    execute = functools.partial(ray.execute, address=cluster.address, carry_out=carry_out)
    monkeypatch.setattr("ablation.runner.run._executor", lambda *_: execute)
    killer = threading.Thread(target=kill_once_busy)
    killer.start()
    display = Quiet()
    outcome = run_study(file, tmp_path / "out", display)
    killer.join()
    assert (outcome.trained, outcome.bad, outcome.interrupted) == (3, 0, False)
    assert tables(tmp_path / "out") == expected
    starts = [file.name.split()[0] for file in tmp_path.glob("* * *")]
    assert len(starts) == 4 and len(set(starts)) == 3, "one trial was started again"
    assert sorted(title for title, *_ in display.finished) == ["baseline", "batch norm", "noise"]


@pytest.mark.slow
def test_ctrl_c_stops_after_the_epoch_and_the_next_run_goes_on(whole, cluster, tmp_path):
    file, expected = whole
    options = {"executor": "ray", "ray_address": cluster.address}
    epochs = []

    def interrupt(progress) -> None:
        epochs.append(progress.epoch)
        if len(epochs) == 1:
            os.kill(os.getpid(), signal.SIGINT)

    handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    outcome = run_study(file, tmp_path / "out", Quiet(interrupt), **options)
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert outcome.interrupted and outcome.trained < 3
    outcome = run_study(file, tmp_path / "out", **options)
    assert (outcome.bad, outcome.interrupted) == (0, False)
    assert tables(tmp_path / "out") == expected


@pytest.mark.slow
def test_nodes_that_do_not_see_a_users_own_code_receive_it(cluster, tmp_path, monkeypatch):
    monkeypatch.delenv(own_code.VARIABLE, raising=False)
    file = tiny.write_study(tmp_path / "tiny.yaml", ladder=own.WHOLE)
    with own_code.in_use(own.write(tmp_path / "code", networks__plain=own.NETWORK)):
        assert own_code.VARIABLE in os.environ
        run_study(file, tmp_path / "here")
        outcome = run_study(file, tmp_path / "there", executor="ray", ray_address=cluster.address)
    assert (outcome.trained, outcome.bad) == (3, 0)
    assert tables(tmp_path / "here") == tables(tmp_path / "there")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--executor", "rays"], "did you mean 'ray'?"),
        (["--executor", "ray", "--jobs", "2"], "--jobs: Ray runs as many trials as"),
        (["--ray-address", "auto"], "--ray-address: expected executor ray with it"),
        (["--trial-gpus", "1.5"], "expected a share between 0 and 1, or a whole number, found '1.5'"),
        (["--executor", "ray", "--strategy", "data-parallel"], "expected jobs 1 and executor local"),
        (["--executor", "ray", "--ray-address", "127.0.0.1:9"], "--ray-address 127.0.0.1:9: expected a running"),
        (["--executor", "ray", "--ray-address", "there"], "--ray-address there: expected a running cluster"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(study_file, tmp_path, capsys, options, told):
    command = ["run", str(study_file()), "--preset", "full", "--out", str(tmp_path / "out")]
    assert main([*command, *options]) == 2
    line = capsys.readouterr().err
    assert told in line and line.count("\n") == 1


def test_without_ray_the_extra_is_named(study_file, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    command = ["run", str(study_file()), "--preset", "full", "--out", str(tmp_path / "out")]
    assert main([*command, "--executor", "ray"]) == 2
    assert "pip install -e '.[ray]'" in capsys.readouterr().err


def test_the_manifest_names_no_address():
    assert command_line(["run", "x", "--ray-address", "head:6379"]) == "ablation run x --ray-address ADDRESS"
    for given, told in (
        ("folder:/home/me/pets", "folder:pets"),
        ("--out=/home/me/x", "--out=x"),
        ("x:y", "x:y"),
    ):
        assert command_line(["run", given]) == f"ablation run {told}"
    assert command_line(["run", "x", "--ray-address=head:6379"]) == "ablation run x --ray-address=ADDRESS"
