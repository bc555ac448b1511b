"""Trials as tasks of a Ray cluster: one started on the spot, or a running one that this machine belongs to."""

import contextlib
import functools
import os
import pickle
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import ablation
from ablation import own_code
from ablation.data.request import DataRequest, keep_data, read_data
from ablation.errors import UserError
from ablation.observers import NOTHING
from ablation.runner.executors import local
from ablation.runner.executors.board import Board
from ablation.runner.executors.gpus import memory_variables
from ablation.runner.executors.task import Finish, Task, Watch, failed_record
from ablation.train.engines import Engines
from ablation.train.loop import Interrupted, Progress

RETRIES = 3
IN_FLIGHT = 1000
NEWS_EVERY = 0.5
NOT_SHARED = "weights, models and logs need a results folder that every node sees under the same path"


def execute(
    tasks: Iterable[Task],
    watch: Watch,
    finish: Finish,
    stop: Callable[[], bool],
    *,
    address: str = "",
    cpus: int = 1,
    gpus: float | None = None,
    carry_out: Callable[..., dict[str, Any]] | None = None,
) -> None:
    """Carry out all tasks, as many at a time as the cluster has room for.

    The data and the user's own code go once to every node. A trial whose process or node dies is started again
    elsewhere, `RETRIES` times at most; only this process writes results, so every trial is recorded once. Checkpoints
    are written by the nodes that see the results folder, on a shared file system; on other nodes an interrupted trial
    starts over, which gives the same numbers.

    Args:
        tasks, watch, finish, stop: as for the other executors.
        address: of the running cluster, `HOST:PORT` or `auto`; empty starts one on this machine.
        cpus: that one trial claims; it computes on its threads whatever they are, so figures are those of a local run.
        gpus: of one trial, or the share of one; by default one where the cluster has any, else none.
        carry_out: what a worker does with a task; None trains it.

    Raises:
        Interrupted: `stop` said so before all were done.
        UserError: there is no such cluster, it has no room for a trial, or a node could not write its checkpoint.
    """
    ray = _ray()
    with _cluster(address):
        total = ray.cluster_resources()
        gpus = (1.0 if total.get("GPU") else 0.0) if gpus is None else gpus
        _check_room(cpus, gpus)
        board = _board()
        options = {
            "num_cpus": cpus,
            "num_gpus": gpus,
            "max_retries": RETRIES,
            "runtime_env": {"env_vars": _variables(gpus)},
        }
        remote = ray.remote(_work).options(**options)
        data: dict[DataRequest, Any] = {}
        code = ray.put(own_code.sources())
        waiting, running = iter(tasks), dict[Any, Task]()
        told = interrupted = False
        heard = 0.0

        def start(task: Task) -> None:
            if task.data not in data:
                data[task.data] = ray.put(read_data(task.data))
            away = replace(_absolute(task), observing=_absolute(task.observing))
            running[remote.remote(carry_out or _carry_out, away, [data[task.data]], board, code)] = task

        def listen() -> None:
            here = {task.trial.config_hash: task for task in running.values()}
            for config_hash, progress in ray.get(board.news.remote()):
                if config_hash in here:
                    watch(here[config_hash], pickle.loads(progress))

        while True:
            if stop() and not told:
                told = True
                ray.get(board.stop.remote())
            while not told and len(running) < IN_FLIGHT and (task := next(waiting, None)) is not None:
                start(task)
            if not running:
                break
            ray.wait(list(running), timeout=NEWS_EVERY)
            ready, _ = ray.wait(list(running), num_returns=len(running), timeout=0)
            if ready or time.monotonic() - heard > NEWS_EVERY:
                listen()
                heard = time.monotonic()
            for reference in ready:
                task = running.pop(reference)
                kind, content = _result(reference, task)
                if kind == "error":
                    raise UserError(content)
                if kind == "record":
                    finish(task, content)
                interrupted |= kind == "interrupted"
        if interrupted or (told and next(waiting, None) is not None):
            raise Interrupted


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise UserError("--executor ray: Ray is not installed; pip install -e '.[ray]'") from error
    return ray


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[None]:
    """A connection to the cluster; this project's code goes to its nodes, its dependencies must be there.

    Ray takes over SIGTERM; here it keeps meaning what the run says.
    """
    ray = _ray()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    handler = signal.getsignal(signal.SIGTERM)
    project = str(Path(ablation.__file__).parent)
    given: dict[str, Any] = {} if address else {"include_dashboard": False}
    if address not in ("", "auto"):
        _check_answer(address)
    try:
        ray.init(
            address=address or "local",
            runtime_env={"py_modules": [project], "excludes": ["__pycache__"]},
            log_to_driver=False,
            logging_level="error",
            **given,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _no_cluster(address, error) from error
    if signal.getsignal(signal.SIGTERM) is not handler:
        signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        ray.shutdown()


def _check_answer(address: str) -> None:
    """Ask at once; Ray itself goes on asking for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, ValueError, OverflowError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str, error: Exception) -> UserError:
    return UserError(
        f"--ray-address {address}: expected a running cluster that this machine is part of, as HOST:PORT or auto "
        f"({error})"
    )


def _check_room(cpus: int, gpus: float) -> None:
    nodes = [node["Resources"] for node in _ray().nodes() if node["Alive"]]
    if not any(node.get("CPU", 0) >= cpus and node.get("GPU", 0) >= gpus for node in nodes):
        raise UserError(
            f"--executor ray: no node has the {cpus} CPUs and {gpus:g} GPUs of one trial; say how many with "
            "--trial-cpus and --trial-gpus"
        )


def _variables(gpus: float) -> dict[str, str]:
    """Of a worker's environment: Keras' backend, its share of a GPU's memory."""
    import keras

    backend = {"KERAS_BACKEND": keras.config.backend(), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return backend | memory_variables(gpus)


def _board() -> Any:
    """An actor beside this process, so that the death of another node does not take it along."""
    ray = _ray()
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(Board).options(num_cpus=0, scheduling_strategy=here).remote()


def _absolute(value: Any) -> Any:
    """A dataclass whose paths mean the same in every folder."""
    paths = {field.name: getattr(value, field.name) for field in fields(value)}
    return replace(value, **{name: path.absolute() for name, path in paths.items() if isinstance(path, Path)})


def _result(reference: Any, task: Task) -> tuple[str, Any]:
    from ray.exceptions import RayError, RayTaskError

    try:
        return _ray().get(reference)
    except RayTaskError as error:
        reason = f"{type(error.cause).__name__}: {error.cause}"
    except RayError as error:
        reason = f"{type(error).__name__}: {error}"
    return "record", failed_record(task.trial, reason)


@functools.cache
def _engines() -> Engines:
    """Of this worker, which carries out one trial after the other."""
    return Engines()


def _carry_out(task: Task, watch: Callable[[Progress], None], stop: Callable[[], bool]) -> dict[str, Any]:
    return local.carry_out(task, watch, stop, _engines())


@functools.cache
def _taken(files: tuple[tuple[str, bytes], ...]) -> tempfile.TemporaryDirectory:
    """The user's own code in use in this worker, in a folder that lasts as long as it."""
    folder = tempfile.TemporaryDirectory(prefix="ablation-code-")
    own_code.unpack(dict(files), Path(folder.name))
    own_code.use(Path(folder.name))
    return folder


def _work(
    carry_out: Callable[..., dict[str, Any]], task: Task, data: list, board: Any, code: Mapping[str, bytes]
) -> tuple[str, Any]:
    """In a process of some node: one trial, from data that the process reads once."""
    import ray

    if code:
        _taken(tuple(code.items()))
    keep_data(task.data, lambda: ray.get(data[0]))
    if task.checkpoint is not None and not task.checkpoint.parents[1].is_dir():
        if task.start or task.backbone or task.keep or task.observing != NOTHING:
            return "record", failed_record(task.trial, NOT_SHARED)
        task = replace(task, checkpoint=None)
    told = 0.0

    def watch(progress: Progress) -> None:
        nonlocal told
        if progress.row is not None or time.monotonic() - told > NEWS_EVERY:
            told = time.monotonic()
            board.tell.remote(task.trial.config_hash, pickle.dumps(progress))

    def stop() -> bool:
        return ray.get(board.stopping.remote())

    try:
        if stop():
            raise Interrupted
        return "record", carry_out(task, watch, stop)
    except Interrupted:
        return "interrupted", None
    except UserError as error:
        return "error", str(error)
