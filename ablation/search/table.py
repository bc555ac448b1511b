"""The trials of a search as a table, and which of them are best."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ablation.errors import UserError
from ablation.results import read as results
from ablation.study.space import Values

FIGURES = ("epochs_run", "val_accuracy", "val_loss", "train_accuracy", "config_hash", "error")
BEST_SHARE, BEST_FEWEST = 5, 3


def table(notes: Mapping[str, Any], folder: Path) -> pd.DataFrame:
    """One row a trial that has ended: stage, trial (from 1), status, figures, and a column for every key of the space.

    Raises:
        UserError: a stage's folder is damaged.
    """
    keys = list(notes["default"])
    rows: list[dict[str, Any]] = []
    for stage in notes["stages"]:
        if not (folder / stage["name"] / "trials.csv").exists():
            continue
        trials = results.load(folder / stage["name"]).trials
        for row in trials[trials["position"] < len(stage["values"])].to_dict("records"):
            values = stage["values"][row["position"]]
            rows.append(
                {"stage": stage["name"], "trial": row["position"] + 1, "status": row["status"]}
                | {key: row[key] for key in FIGURES}
                | {key: _cell(values[key]) for key in keys}
            )
    return pd.DataFrame(rows, columns=["stage", "trial", "status", *FIGURES[:4], *keys, *FIGURES[4:]])


def ranked(found: pd.DataFrame, stage: str) -> pd.DataFrame:
    """A stage's done trials, the best first: by validation accuracy, then loss, then number."""
    done = found[(found["stage"] == stage) & (found["status"] == "done")].dropna(subset=["val_accuracy"])
    order = ["val_accuracy", "val_loss", "trial"]
    return done.sort_values(order, ascending=[False, True, True], kind="stable")


def best_points(notes: Mapping[str, Any], folder: Path, stage: str, share: int = BEST_SHARE) -> list[Values]:
    """A stage's best fifth, `BEST_FEWEST` points at least where there are so many, the best first.

    Raises:
        UserError: no trial of the stage is done.
    """
    told = next(one for one in notes["stages"] if one["name"] == stage)
    found = ranked(table(notes, folder), stage)
    if found.empty:
        raise UserError(
            f"{folder / stage}: no trial of the {stage} stage was done; give gentler ranges with --space"
        )
    kept = max(BEST_FEWEST, len(told["values"]) // share)
    return [told["values"][trial - 1] for trial in found["trial"][:kept]]


def expected_best(scores: np.ndarray) -> np.ndarray:
    """The best score to be expected of the first k trials, k = 1 to n, were they run in random order.

    The average over all orders, exactly: the i-th smallest of n scores is the best of k with probability
    C(i-1, k-1) / C(n, k). So a lucky order does not count.

    Args:
        scores: shape (n,), of all trials of a search.

    Returns:
        Shape (n,).
    """
    ordered, n = np.sort(scores), len(scores)
    best = np.empty(n)
    weights = np.full(n, 1 / n)  # C(i-1, k-1) / C(n, k) for k = 1
    for k in range(1, n + 1):
        best[k - 1] = weights @ ordered
        if k < n:
            weights = weights * (np.arange(n) - k + 1).clip(0) / k * (k + 1) / (n - k)
    return best


def field_of(key: str) -> str:
    """The last part of an address, which a narrow column has room for."""
    return key.rpartition(".")[2]


def shown(values: Values) -> str:
    """A point in a few words: `learning_rate 0.00032, l2 0.01`."""
    return ", ".join(f"{field_of(key)} {figure(value)}" for key, value in values.items())


def figure(value: Any) -> str:
    """A value with the digits that matter."""
    if isinstance(value, float):
        return f"{value:.3g}"
    return value if isinstance(value, str) else json.dumps(value)


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value
