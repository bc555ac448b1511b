"""Finished trials told to other programs as well, each a module here with a `Tracker` named `tracked`."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from ablation.runner.tracking import mlflow, wandb
from ablation.runner.tracking.tracker import About, Track, Tracker
from ablation.study.trial import Trial

TRACKERS: Mapping[str, Tracker] = {"mlflow": mlflow.tracked, "wandb": wandb.tracked}
"""By the option that asks for one."""


@contextlib.contextmanager
def tracked(wanted: Mapping[str, str | None], about: About) -> Iterator[Track]:
    """A function that tells one finished trial to all trackers that are wanted.

    Args:
        wanted: what each option of `TRACKERS` says; None does not want it.
        about: the run.

    Raises:
        UserError: as `Tracker`.
    """
    with contextlib.ExitStack() as open_ones:
        tracks = [
            open_ones.enter_context(TRACKERS[name](where, about))
            for name, where in wanted.items()
            if where is not None
        ]

        def track(title: str, trial: Trial, record: Mapping[str, Any]) -> None:
            for one in tracks:
                one(title, trial, record)

        yield track
