"""One GPU for every process, or a share of one."""

import os

import pytest

from ablation.runner.executors import processes
from ablation.runner.executors.gpus import memory_variables, variables_of_worker, visible_gpus

pytest.importorskip("keras")


def test_every_process_has_a_gpu_of_its_own_where_there_are_enough():
    given = [variables_of_worker(index, 2, ["0", "1", "2"]) for index in range(2)]
    assert given == [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "1"}]
    assert variables_of_worker(0, 4, []) == {}


def test_more_processes_than_gpus_share_their_memory():
    given = [variables_of_worker(index, 5, ["2", "GPU-7"]) for index in range(5)]
    assert [one["CUDA_VISIBLE_DEVICES"] for one in given] == ["2", "GPU-7", "2", "GPU-7", "2"]
    assert {one["TF_FORCE_GPU_ALLOW_GROWTH"] for one in given} == {"true"}
    assert {one["XLA_PYTHON_CLIENT_MEM_FRACTION"] for one in given} == {"0.300"}, "three sharers at most"


def test_a_whole_gpu_or_none_needs_no_limit():
    assert memory_variables(1) == memory_variables(0) == memory_variables(2) == {}


def test_only_the_gpus_that_this_process_may_use_are_given_on():
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "3, 1"}) == ["3", "1"]


def test_a_process_starts_with_its_variables_and_the_parent_keeps_its_own(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    seen = []

    class Process:
        def __init__(self, **_):
            pass

        def start(self):
            seen.append({name: os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "ABLATION_NEW")})

    class Spawn:
        def __init__(self, *_):
            self.Process = Process

    monkeypatch.setattr(processes.multiprocessing, "get_context", Spawn)
    processes._start({"CUDA_VISIBLE_DEVICES": "1", "ABLATION_NEW": "x"})
    assert seen == [{"CUDA_VISIBLE_DEVICES": "1", "ABLATION_NEW": "x"}]
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1" and "ABLATION_NEW" not in os.environ
