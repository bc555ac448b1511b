"""What may be kept of a training beside its figures; nothing here changes a number.

A user's own observer is a file of `--code DIR/observers/`, holding a function of its name, `(moment, folder) -> None`,
which is called at the end of every epoch.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ablation import own_code
from ablation.data import Splits
from ablation.networks.layout import Node

if TYPE_CHECKING:
    from ablation.engine.learner import Learner


__path__ += own_code.paths("observers")


@dataclass(frozen=True)
class Moment:
    """The end of an epoch.

    Attributes:
        learner: as the epoch left it.
        nodes: of its network.
        splits: what it is trained and judged on.
        epochs: rows of all epochs so far, this one's last.
    """

    learner: "Learner"
    nodes: Sequence[Node]
    splits: Splits
    epochs: Sequence[Mapping[str, Any]]


Observe = Callable[[Moment], None]
OwnObserve = Callable[[Moment, Path], None]


@dataclass(frozen=True)
class Observing:
    """What to keep of a trial.

    Attributes:
        tensorboard: folder for its event file, or None.
        models: folder for its best models and the one that is judged, or None.
        own: folder for what the user's own observers write, or None.
    """

    tensorboard: Path | None = None
    models: Path | None = None
    own: Path | None = None


NOTHING = Observing()


def own_names() -> tuple[str, ...]:
    """The user's own observers, alphabetically."""
    return own_code.modules(own_code.paths("observers"))


def own_observer(name: str) -> OwnObserve:
    """One of the user's own.

    Raises:
        UserError: its file has no function of its name.
    """
    return own_code.member(f"{__name__}.{name}", name)


def observer(what: Observing) -> Observe:
    """A function that keeps it, to be called at the end of every epoch."""

    def observe(moment: Moment) -> None:
        if what.tensorboard is not None:
            from ablation.observers.tensorboard import write_events

            write_events(what.tensorboard, moment)
        if what.models is not None:
            from ablation.observers.models import save_best

            save_best(what.models, moment)
        if what.own is not None:
            _look(what.own, moment)

    return observe


def _look(folder: Path, moment: Moment) -> None:
    """Show the user's own observers the moment, each with a folder of its own.

    Raises:
        ValueError: one of them changed what it was shown, and so the numbers of the training.
    """
    before = moment.learner.state()
    for name in own_names():
        (folder / name).mkdir(parents=True, exist_ok=True)
        own_observer(name)(replace(moment, epochs=copy.deepcopy(moment.epochs)), folder / name)
        after = moment.learner.state()
        if not all(np.array_equal(old, new, equal_nan=True) for old, new in zip(before, after, strict=True)):
            raise ValueError(
                f"observers/{name}.py: it changed weights, optimizer or random streams, expected one that only looks; "
                "call the network with training=False"
            )


def keeper(what: Observing) -> Callable[["Learner"], None]:
    """A function that keeps the network that is judged, to be called once, after the last epoch."""

    def keep(learner: "Learner") -> None:
        if what.models is not None:
            from ablation.observers.models import JUDGED, save_model

            save_model(what.models / f"{JUDGED}.keras", learner.model)

    return keep
