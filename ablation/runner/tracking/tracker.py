"""What a tracker of trainings is, and what it is told of a trial."""

import contextlib
import numbers
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ablation.errors import UserError
from ablation.study.trial import Trial

Track = Callable[[str, Trial, Mapping[str, Any]], None]
"""Is told the title of a trial's step, the trial, and its record when it has ended in whatever way."""

EPOCH_FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
NOT_FIGURES = ("seed", "status", "error", "config_hash", "epochs", "confusion", "contract", "measures")


@dataclass(frozen=True)
class About:
    """The run whose trials are tracked.

    Attributes:
        study: its name.
        folder: of its results.
        command: the command line.
    """

    study: str
    folder: Path
    command: str


class Tracker(Protocol):
    """Opens what keeps a run's trials elsewhere; the tables here stay as they are."""

    def __call__(self, where: str, about: About) -> AbstractContextManager[Track]:
        """A function that logs one finished trial, for as long as the run goes on.

        Args:
            where: what the option names; empty for its default.
            about: the run.

        Raises:
            UserError: the tracker's package is not installed, or does not answer; here or when a trial is logged.
        """


def curves(record: Mapping[str, Any]) -> list[tuple[int, dict[str, float]]]:
    """Figures of each epoch, by name, behind the epoch's number."""
    return [
        (row["epoch"], {name: float(row[name]) for name in EPOCH_FIGURES if _is_figure(row.get(name))})
        for row in record["epochs"]
    ]


def finals(record: Mapping[str, Any]) -> dict[str, float]:
    """A trial's figures, measures among them, as `final_` and their names."""
    figures = {**record, **(record.get("measures") or {})}
    return {
        f"final_{name}": float(value)
        for name, value in figures.items()
        if name not in NOT_FIGURES and _is_figure(value)
    }


def settings(trial: Trial) -> dict[str, Any]:
    """What a trial was trained with: all of its recipe that is no default, seed, data set and hash."""
    recipe = trial.setting.recipe.model_dump(mode="json", exclude_defaults=True)
    return recipe | {"seed": trial.seed, "dataset": trial.dataset, "config_hash": trial.config_hash}


@contextlib.contextmanager
def answered(option: str) -> Iterator[None]:
    """Tell whatever a tracker raises as one line that names its option."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{option}: {' '.join(str(error).split())[:300]}") from error


def _is_figure(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
