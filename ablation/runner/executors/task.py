"""A trial to be trained, as it is handed to a process or a cluster."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablation.data.request import DataRequest
from ablation.observers import NOTHING, Observing
from ablation.study.trial import Trial
from ablation.train import CHECKPOINT_SHARE


@dataclass(frozen=True)
class Task:
    """A trial to be trained, with all that a fresh process needs for it.

    Attributes:
        trial, data: what is trained on what.
        checkpoint: where an unfinished training is kept; None where none can be.
        checkpoint_share: of the training time that keeping it may take, 0-1.
        start: file of the weights that another training left it to start from, or None.
        backbone: file of its backbone's weights, or None.
        keep: where its weights are written in the end, or None.
        observing: what else to keep of it.
    """

    trial: Trial
    data: DataRequest
    checkpoint: Path | None
    checkpoint_share: float = CHECKPOINT_SHARE
    start: Path | None = None
    backbone: Path | None = None
    keep: Path | None = None
    observing: Observing = NOTHING


Watch = Callable[[Task, Any], None]
Finish = Callable[[Task, dict[str, Any]], None]
Execute = Callable[[Iterable[Task], Watch, Finish, Callable[[], bool]], None]


def failed_record(trial: Trial, reason: str) -> dict[str, Any]:
    """The record of a trial that gave no figures."""
    return {
        "config_hash": trial.config_hash,
        "seed": trial.seed,
        "status": "failed",
        "error": " ".join(reason.split())[:500],
        "epochs_run": 0,
        "epochs": [],
    }
