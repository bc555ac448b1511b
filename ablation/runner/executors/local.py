"""One trial after the other, in this process."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

from ablation.data.request import read_data
from ablation.errors import UserError
from ablation.observers import observer
from ablation.runner.executors.task import Finish, Task, Watch, failed_record
from ablation.train.loop import Interrupted, Progress, train


def carry_out(task: Task, watch: Callable[[Progress], None], stop: Callable[[], bool]) -> dict[str, Any]:
    """The trial's record; an exception of the training is a record of status `failed`.

    Raises:
        Interrupted: as `train`.
        UserError: the results folder cannot be written: going on with other trials would not help.
    """
    try:
        return train(
            task.trial,
            read_data(task.data),
            checkpoint=task.checkpoint,
            checkpoint_share=task.checkpoint_share,
            start=task.start,
            keep=task.keep,
            watch=watch,
            observe=observer(task.observing),
            stop=stop,
        )
    except (Interrupted, UserError):
        raise
    except Exception as error:
        return failed_record(task.trial, f"{type(error).__name__}: {error}")


def execute(tasks: Iterable[Task], watch: Watch, finish: Finish, stop: Callable[[], bool]) -> None:
    """Carry out all tasks, or as many as `stop` leaves time for.

    Raises:
        Interrupted: `stop` said so before all were done.
    """
    for task in tasks:
        if stop():
            raise Interrupted
        finish(task, carry_out(task, functools.partial(watch, task), stop))
