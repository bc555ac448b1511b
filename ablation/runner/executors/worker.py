"""A process that carries out trials for another one. Nothing heavy is imported before it runs."""

import contextlib
import signal
from multiprocessing.connection import Connection
from typing import Any

from ablation.errors import UserError
from ablation.runner.executors.task import Task
from ablation.system import imports_uncollected


def serve(pipe: Connection) -> None:
    """A worker's life: one task after the other, until the parent is gone."""
    for one in (signal.SIGINT, signal.SIGTERM):  # sent to the whole group: the parent says when to stop
        signal.signal(one, signal.SIG_IGN)
    with imports_uncollected():
        from ablation.runner.executors.local import carry_out
        from ablation.train.engines import Engines
        from ablation.train.loop import Interrupted

    engines = Engines()

    def stopped() -> bool:
        return pipe.poll()

    def send(kind: str, content: Any) -> None:
        pipe.send((kind, content))

    def carry(task: Task) -> None:
        try:
            send("record", carry_out(task, lambda progress: send("progress", progress), stopped, engines))
        except Interrupted:
            send("interrupted", None)
        except UserError as error:
            send("error", str(error))

    with contextlib.suppress(EOFError, OSError):
        send("began", None)
        while True:
            task = pipe.recv()
            if task != "stop":
                carry(task)
