"""An unfinished training in one file: every variable, the epochs so far, the best weights."""

import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ablation.files import write_atomically
from ablation.study.trial import Trial

FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")


@dataclass(frozen=True)
class Checkpoint:
    """State at the end of an epoch.

    Attributes:
        state: what `Learner.state` gave: weights, batch statistics, optimizer, every random stream.
        epochs: rows of the finished epochs; early stopping and schedules follow from them.
        best: the state of the best epoch, where early stopping keeps it.
        first_loss: the loss of the first step, where the recipe measures others by it.
        config_hash: of the trial; earlier versions did not keep it.
    """

    state: list[np.ndarray]
    epochs: list[dict[str, Any]]
    best: list[np.ndarray] | None
    first_loss: float | None = None
    config_hash: str | None = None


def save_checkpoint(file: Path, checkpoint: Checkpoint) -> None:
    """Write it in the old one's place, whole.

    Raises:
        UserError: the folder cannot be written.
    """
    arrays: dict[str, Any] = {f"state{i}": value for i, value in enumerate(checkpoint.state)}
    arrays |= {f"best{i}": value for i, value in enumerate(checkpoint.best or [])}
    buffer = io.BytesIO()
    about = {
        "epochs": checkpoint.epochs,
        "state": len(checkpoint.state),
        "best": len(checkpoint.best or []),
        "first_loss": checkpoint.first_loss,
        "config_hash": checkpoint.config_hash,
    }
    np.savez(buffer, about=np.array(json.dumps(about)), **arrays)
    write_atomically(file, buffer.getvalue())


def load_checkpoint(file: Path | None) -> Checkpoint | None:
    """What `save_checkpoint` wrote; None where there is none or a damaged one (the trial starts over)."""
    if file is None or not file.is_file():
        return None
    try:
        with np.load(file, allow_pickle=False) as content:
            about = json.loads(str(content["about"]))
            state, best = ([content[f"{kind}{i}"] for i in range(about[kind])] for kind in ("state", "best"))
            return Checkpoint(
                state, about["epochs"], best or None, about.get("first_loss"), about.get("config_hash")
            )
    except Exception:  # a damaged archive raises nearly anything
        return None


def fits(kept: Checkpoint, trial: Trial, variables: Sequence[Any]) -> bool:
    """Whether a checkpoint is one of this trial; of another, or of an edited file, nothing is taken over.

    Args:
        kept: what `load_checkpoint` gave.
        trial: that is to be trained.
        variables: of its learner.
    """
    recipe = trial.setting.recipe
    shapes = [tuple(variable.shape) for variable in variables]
    states = [kept.state] if kept.best is None else [kept.state, kept.best]
    return (
        kept.config_hash in (None, trial.config_hash)
        and all([value.shape for value in state] == shapes for state in states)
        and isinstance(kept.epochs, list)
        and 0 < len(kept.epochs) <= recipe.epochs
        and all(_is_row(row, number) for number, row in enumerate(kept.epochs, start=1))
        and (recipe.early_stopping is None or kept.best is not None)
        and (kept.first_loss is None or _is_number(kept.first_loss))
    )


def _is_row(row: object, number: int) -> bool:
    return (
        isinstance(row, dict) and row.get("epoch") == number and all(_is_number(row.get(f)) for f in FIGURES)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
