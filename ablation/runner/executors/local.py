"""One trial after the other, in this process."""

import errno
import functools
from collections.abc import Callable, Iterable
from typing import Any

from ablation import own_code
from ablation.data.request import read_data
from ablation.errors import UserError
from ablation.hardware import use_threads
from ablation.observers import keeper, observer
from ablation.runner.executors.task import Finish, Task, Watch, failed_record
from ablation.train.engines import Engines
from ablation.train.loop import Interrupted, Progress, train

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def carry_out(
    task: Task, watch: Callable[[Progress], None], stop: Callable[[], bool], engines: Engines | None = None
) -> dict[str, Any]:
    """The trial's record; an exception of the training is a record of status `failed`.

    Raises:
        Interrupted: as `train`.
        UserError: a folder cannot be written, what was kept cannot be read, this process computes on other threads, or
            the user's own code changed: going on with other trials would not help.
    """
    if own_code.digest() != task.trial.code:
        raise UserError(
            "--code: its files changed while the run went on; the same command trains what is left anew"
        )
    use_threads(task.trial.threads)
    try:
        return train(
            task.trial,
            read_data(task.data),
            checkpoint=task.checkpoint,
            checkpoint_share=task.checkpoint_share,
            start=task.start,
            backbone=task.backbone,
            keep=task.keep,
            engines=engines,
            watch=watch,
            observe=observer(task.observing),
            keep_judged=keeper(task.observing),
            stop=stop,
        )
    except (Interrupted, UserError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            where = error.filename or "a temporary folder"
            raise UserError(
                f"{where}: cannot be written ({error.strerror}); finished trials are kept"
            ) from error
        where = own_code.place(error)
        return failed_record(task.trial, f"{where}: " * bool(where) + f"{type(error).__name__}: {error}")


def execute(tasks: Iterable[Task], watch: Watch, finish: Finish, stop: Callable[[], bool]) -> None:
    """Carry out all tasks, or as many as `stop` leaves time for.

    Raises:
        Interrupted: `stop` said so before all were done.
    """
    engines = Engines()
    for task in tasks:
        if stop():
            raise Interrupted
        finish(task, carry_out(task, functools.partial(watch, task), stop, engines))
