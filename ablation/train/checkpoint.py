"""An unfinished training in one file: every variable, the epochs so far, the best weights."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ablation.files import write_atomically


@dataclass(frozen=True)
class Checkpoint:
    """State at the end of an epoch.

    Attributes:
        state: what `Learner.state` gave: weights, batch statistics, optimizer, every random stream.
        epochs: rows of the finished epochs; early stopping and schedules follow from them.
        best: the state of the best epoch, where early stopping keeps it.
        first_loss: the loss of the first step, where the recipe measures others by it.
    """

    state: list[np.ndarray]
    epochs: list[dict[str, Any]]
    best: list[np.ndarray] | None
    first_loss: float | None = None


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
            return Checkpoint(state, about["epochs"], best or None, about.get("first_loss"))
    except Exception:  # a damaged archive raises nearly anything
        return None
