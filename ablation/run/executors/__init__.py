"""How trials are carried out: in this process, in several, or on a cluster."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablation.data import Splits, load
from ablation.errors import UserError
from ablation.observers import NOTHING, Observing
from ablation.run.options import CHECKPOINT_SHARE
from ablation.study import Sizes
from ablation.study.trial import Trial


@dataclass(frozen=True)
class DataRequest:
    """How to get a trial's data: a process reads them once and keeps them.

    Attributes:
        dataset: name.
        data_dir: the user's folder, or None.
        protocol: `lecture` cuts no validation set from the training images.
        sizes: numbers of images.
    """

    dataset: str
    data_dir: Path | None
    protocol: str
    sizes: Sizes


_splits: dict[DataRequest, Splits] = {}


def read_data(request: DataRequest) -> Splits:
    """The splits that a request names.

    Raises:
        UserError: as `ablation.data.load`, or more images than memory holds.
    """
    if request not in _splits:
        sizes = request.sizes
        val = 0 if request.protocol == "lecture" else sizes.val
        try:
            _splits[request] = load(
                request.dataset,
                data_dir=request.data_dir,
                train=sizes.train,
                val=val,
                test=sizes.test,
                classes=sizes.classes,
            )
        except MemoryError as error:
            raise UserError(
                f"data: {request.dataset} with {sizes} needs more memory than there is"
            ) from error
    return _splits[request]


def keep_data(request: DataRequest, get: Callable[[], Splits]) -> None:
    """Have `read_data` give these splits; they are got once a process."""
    if request not in _splits:
        _splits[request] = get()


@dataclass(frozen=True)
class Task:
    """A trial to be trained, with all that a fresh process needs for it.

    Attributes:
        trial, data: what is trained on what.
        checkpoint: where an unfinished training is kept; None where none can be.
        checkpoint_share: of the training time that keeping it may take, 0-1.
        start: file of the weights it starts from, or None.
        keep: where its weights are written in the end, or None.
        observing: what else to keep of it.
    """

    trial: Trial
    data: DataRequest
    checkpoint: Path | None
    checkpoint_share: float = CHECKPOINT_SHARE
    start: Path | None = None
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
