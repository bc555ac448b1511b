"""Several trials at once on this machine, each in a process that is reused."""

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from ablation.errors import UserError
from ablation.runner.executors.gpus import variables_of_worker, visible_gpus
from ablation.runner.executors.task import Finish, Task, Watch, failed_record
from ablation.runner.executors.worker import serve
from ablation.train.loop import Interrupted

UNGUARDED = 97


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    variables: dict[str, str]
    task: Task | None = None
    began: bool = False


def execute(
    tasks: Iterable[Task], watch: Watch, finish: Finish, stop: Callable[[], bool], *, jobs: int
) -> None:
    """Carry out all tasks, `jobs` at a time.

    Figures are those of one trial after the other: a trial computes on its own threads either way. Where there are
    GPUs, every process sees one of them; more processes than GPUs share them and their memory.

    A process that dies (killed, out of memory) fails its own trial only, and another takes its place.

    Raises:
        Interrupted: `stop` said so before all were done.
        UserError: a process could not write its checkpoint, or not even start.
    """
    waiting = iter(tasks)
    gpus = visible_gpus()
    variables = [variables_of_worker(index, jobs, gpus) for index in range(jobs)]
    workers = [_start(one) for one in variables]
    interrupted = False
    told = False
    try:
        busy = [worker for worker in workers if _give(worker, next(waiting, None))]
        while busy:
            if stop() and not told:
                told = True
                for worker in busy:
                    _send(worker, "stop")
            for pipe in wait([worker.pipe for worker in busy], timeout=0.5):
                worker = next(w for w in busy if w.pipe is pipe)
                task = worker.task
                assert task is not None
                try:
                    kind, content = worker.pipe.recv()
                except (EOFError, OSError):
                    worker.process.join()
                    if not worker.began:
                        raise UserError(_no_start(worker.process)) from None
                    kind, content = "record", failed_record(task.trial, _end_of(worker.process))
                    dead, worker = worker, _start(worker.variables)
                    workers[workers.index(dead)] = busy[busy.index(dead)] = worker
                if kind == "began":
                    worker.began = True
                    continue
                if kind == "progress":
                    watch(task, content)
                    continue
                if kind == "error":
                    raise UserError(content)
                if kind == "record":
                    finish(task, content)
                interrupted |= kind == "interrupted"
                busy = [w for w in busy if w is not worker]
                if not told and _give(worker, next(waiting, None)):
                    busy.append(worker)
        if interrupted or (told and next(waiting, None) is not None):
            raise Interrupted
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join()


def _start(variables: dict[str, str]) -> _Worker:
    """A process with these variables in its environment from its first moment on, before it sees a GPU."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        process.start()
    finally:
        for name in variables:
            os.environ.pop(name)
        os.environ.update(before)
    there.close()
    return _Worker(process, here, variables)


def _give(worker: _Worker, task: Task | None) -> bool:
    worker.task = task
    if task is not None:
        _send(worker, task)
    return task is not None


def _send(worker: _Worker, message: Any) -> None:
    """Of a worker that has just died, `recv` tells."""
    with contextlib.suppress(OSError):
        worker.pipe.send(message)


def _no_start(process: SpawnProcess) -> str:
    if process.exitcode == UNGUARDED:
        return (
            "jobs: the script that calls run() is read again by every process that it starts; put the call under "
            "`if __name__ == '__main__':`, or take jobs=1"
        )
    return f"jobs: a process for trials could not start ({_end_of(process)}); try with 1"


def refuse_in_a_starting_process() -> None:
    """End a process that runs the main script of its parent, only to start, before it trains anything itself."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SystemExit(UNGUARDED)


def _end_of(process: SpawnProcess) -> str:
    code = process.exitcode or 0
    return f"the process was killed by signal {-code}" if code < 0 else f"the process ended with code {code}"
