"""A user's own trick, layer and network on a cluster: its nodes receive the folder."""

import os

import own
import pytest
import tiny

from ablation import own_code

pytest.importorskip("keras")
pytest.importorskip("ray")


@pytest.mark.slow
def test_nodes_that_do_not_see_the_folder_receive_it(tmp_path, monkeypatch):
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_worker_niceness", "0")
    monkeypatch.delenv(own_code.VARIABLE, raising=False)
    file = tiny.write_study(tmp_path / "tiny.yaml", ladder=own.WHOLE)
    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        with own_code.in_use(own.write(tmp_path / "code", networks__plain=own.NETWORK)):
            assert own_code.VARIABLE in os.environ
            tiny.run_study(file, tmp_path / "here")
            outcome = tiny.run_study(file, tmp_path / "there", executor="ray", ray_address=started.address)
    finally:
        started.shutdown()
    assert (outcome.trained, outcome.bad) == (3, 0)
    assert tiny.tables(tmp_path / "here") == tiny.tables(tmp_path / "there")
