"""What may be kept of a training beside its figures; nothing here changes a number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablation.data import Splits
from ablation.networks.layout import Node

if TYPE_CHECKING:
    from ablation.engine.learner import Learner


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


@dataclass(frozen=True)
class Observing:
    """What to keep of a trial.

    Attributes:
        tensorboard: folder for its event file, or None.
        models: folder for its best models and the one that is judged, or None.
    """

    tensorboard: Path | None = None
    models: Path | None = None


NOTHING = Observing()


def observer(what: Observing) -> Observe:
    """A function that keeps it, to be called at the end of every epoch."""

    def observe(moment: Moment) -> None:
        if what.tensorboard is not None:
            from ablation.observers.tensorboard import write_events

            write_events(what.tensorboard, moment)
        if what.models is not None:
            from ablation.observers.models import save_best

            save_best(what.models, moment)

    return observe


def keeper(what: Observing) -> Callable[["Learner"], None]:
    """A function that keeps the network that is judged, to be called once, after the last epoch."""

    def keep(learner: "Learner") -> None:
        if what.models is not None:
            from ablation.observers.models import JUDGED, save_model

            save_model(what.models / f"{JUDGED}.keras", learner.model)

    return keep
