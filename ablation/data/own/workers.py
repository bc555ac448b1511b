"""A function of images, computed by a few processes: threads would wait for one another most of the time.

Each process begins anew with `serve`, so that it runs neither the user's script nor what other threads were doing. It
reads a function, then chunks of items, and answers each chunk with the list of the results.
"""

import os
import pickle
import signal
import subprocess
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from ablation.errors import UserError

FEW, CHUNK, MOST = 2_000, 128, 8
HOME = Path(__file__).parents[3]

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """The function's results in order: of a few items computed here, of more than `FEW` by a process a core.

    No more than a few chunks of items are held at a time.

    Args:
        function: can be pickled, and raises nothing.
        items: what it is called on.

    Raises:
        UserError: a process ended before its work was done.
    """
    items = iter(items)
    first = list(islice(items, FEW + 1))
    if len(first) <= FEW:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield from map(function, first)
        return
    yield from _spread(function, chain(first, items), min(MOST, len(os.sched_getaffinity(0))))


def _spread(function: Callable[[Item], Result], items: Iterator[Item], processes: int) -> Iterator[Result]:
    free: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
    pending: deque[Future[list[Result]]] = deque()

    def answer(chunk: list[Item]) -> list[Result]:
        process = free.get()
        try:
            return _exchange(process, chunk)
        finally:
            free.put(process)

    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(processes))
        for _ in range(processes):
            process = stack.enter_context(_process())
            stack.callback(process.kill)
            _send(process, function)
            free.put(process)
        while chunk := list(islice(items, CHUNK)):
            pending.append(pool.submit(answer, chunk))
            if len(pending) > 2 * processes:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()


def _process() -> subprocess.Popen[bytes]:
    known = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(HOME), *([known] if known else [])])
    return subprocess.Popen(
        [sys.executable, "-P", "-c", f"from {__name__} import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )


def _send(process: subprocess.Popen[bytes], what: Any) -> None:
    assert process.stdin is not None
    pickle.dump(what, process.stdin, pickle.HIGHEST_PROTOCOL)
    process.stdin.flush()


def _exchange(process: subprocess.Popen[bytes], chunk: list[Item]) -> list[Any]:
    assert process.stdout is not None
    try:
        _send(process, chunk)
        return pickle.load(process.stdout)
    except (OSError, EOFError, pickle.UnpicklingError) as error:
        raise UserError(
            f"reading images: a process ended with code {process.wait()}; is there memory enough?"
        ) from error


def serve() -> None:
    """A process's life: chunk after chunk, until the parent is done with it or gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    given, taken = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    try:
        function = pickle.load(given)
        while True:
            results = list(map(function, pickle.load(given)))
            pickle.dump(results, taken, pickle.HIGHEST_PROTOCOL)
            taken.flush()
    except (EOFError, BrokenPipeError):
        os._exit(0)
