"""What a search found: table, figures, page, rebuilt from its folder alone; no Keras, no Optuna.

results/<study>/tune-<dataset>-<preset>/
    tune.json               what was searched: spaces and points of every stage
    coarse/, fine/          a results folder each (or one a sampler, where samplers are compared)
    tune.csv, tune.md, figures/   derived
    tuned.yaml              the default and the recipe that was found, for `ablation run`
"""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ablation.errors import UserError
from ablation.files import write_atomically
from ablation.report import style
from ablation.results import read as results
from ablation.study.space import Choice, Dimension, Range, Values, at_edge
from ablation.study.trial import CONTRACT
from ablation.wording import percent

NOTES = "tune.json"
TUNED = "tuned.yaml"
FIGURES = ("epochs_run", "val_accuracy", "val_loss", "train_accuracy", "config_hash", "error")
SHOWN_ROWS = 10
BEST_SHARE, BEST_FEWEST = 5, 3


def write(folder: Path) -> list[Path]:
    """Write `tune.csv`, `tune.md` and the figures.

    Returns:
        The files written.

    Raises:
        UserError: it is no search's folder, or it cannot be written.
    """
    from ablation.search import figures

    notes = read(folder)
    found = table(notes, folder)
    drawn = {name: style.png(figure) for name, figure in figures.drawings(notes, found).items()}
    files: dict[str, bytes | str] = {
        "tune.csv": found.to_csv(index=False, float_format="%.12g"),
        **{f"figures/{name}.png": image for name, image in drawn.items()},
        "tune.md": page(notes, found, tuple(drawn)),
    }
    for name, content in files.items():
        write_atomically(folder / name, content)
    return [folder / name for name in files]


def read(folder: Path) -> dict[str, Any]:
    """`tune.json`.

    Raises:
        UserError: it is damaged or of another contract.
    """
    file = folder / NOTES
    try:
        notes = json.loads(file.read_text(encoding="utf-8"))
        if notes["contract"] != CONTRACT:
            raise ValueError(f"contract {notes['contract']}, expected {CONTRACT}")
        for stage in notes["stages"]:
            space_of(stage)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(
            f"{file}: not a search's notes ({error!r}); `ablation tune` writes them anew"
        ) from error
    return notes


def dumped(notes: Mapping[str, Any]) -> str:
    """The text of `tune.json`."""
    return json.dumps(notes, indent=1, allow_nan=False) + "\n"


def space_of(stage: Mapping[str, Any]) -> dict[str, Dimension]:
    """A stage's space, read back."""
    return {
        key: Range(**given) if "kind" in given else Choice(tuple(given["values"]))
        for key, given in stage["space"].items()
    }


def described(space: Mapping[str, Dimension]) -> dict[str, dict[str, Any]]:
    """A space as `tune.json` holds it."""
    return {key: dataclasses.asdict(dimension) for key, dimension in space.items()}


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


def shown(values: Values) -> str:
    """A point in a few words: `learning_rate 0.00032, l2 0.01`."""
    return ", ".join(f"{key.rpartition('.')[2]} {figure(value)}" for key, value in values.items())


def figure(value: Any) -> str:
    """A value with the digits that matter."""
    if isinstance(value, float):
        return f"{value:.3g}"
    return value if isinstance(value, str) else json.dumps(value)


def header(notes: Mapping[str, Any], folder: Path) -> list[str]:
    """What the tuned study says of itself: command, data, figures measured."""
    found, data = table(notes, folder), notes["dataset"]
    lines = [
        f"{notes['title']}: the default and the recipe that `ablation tune` found, side by side.",
        "",
        f"  command   {notes['command'] or 'ablation tune'}",
        f"  data      {data['name']}, {data['train']:,} training and {data['val']:,} validation images, no test image"
        f" (sha256 {data['sha256'][:16]})",
    ]
    for stage in notes["stages"]:
        best = ranked(found, stage["name"])
        words = "measured " if stage is notes["stages"][0] else "         "
        lines.append(
            f"  {words} {stage['name']}: {_count(found, stage)}; best validation accuracy"
            f" {percent(best['val_accuracy'].iloc[0])}, median {percent(best['val_accuracy'].median())}"
        )
    lines.append(f"  compare   ablation run {TUNED} (needs the same --data-dir)")
    return lines


def page(notes: Mapping[str, Any], found: pd.DataFrame, drawn: tuple[str, ...]) -> str:
    """`tune.md`: per stage the best trials as in the lecture (val acc, lr, penalty), spaces, warnings, figures."""
    data, keys = notes["dataset"], list(notes["default"])
    lines = [
        f"# {notes['title']}: search",
        "",
        f"`{notes['command'] or 'ablation tune'}`",
        "",
        f"Data: {data['name']}, {data['train']:,} training and {data['val']:,} validation images, preset"
        f" {notes['preset']}; no test image is looked at. Default: {shown(notes['default'])}.",
    ]
    for stage in notes["stages"]:
        best, space = ranked(found, stage["name"]), space_of(stage)
        ranges = ", ".join(f"{key} {dimension}" for key, dimension in space.items())
        lines += [
            "",
            f"## {stage['name'].capitalize()}",
            "",
            f"{_count(found, stage)}; {stage['sampler']}; {ranges}.",
            "",
        ]
        lines += [
            f"| val acc | {' | '.join(key.rpartition('.')[2] for key in keys)} | train acc | val loss | trial |",
            "|" + "--:|" * (len(keys) + 4),
        ]
        lines += [
            f"| {percent(row['val_accuracy'])} | "
            + " | ".join(figure(row[key]) for key in keys)
            + f" | {percent(row['train_accuracy'])} | {row['val_loss']:.3f} | {row['trial']} / {len(stage['values'])} |"
            for row in best[:SHOWN_ROWS].to_dict("records")
        ]
        for key, dimension in space.items():
            if len(best) and at_edge(dimension, best[key].iloc[0]):
                lines += [
                    "",
                    f"The best {key}, {figure(best[key].iloc[0])}, lies at the edge of {dimension}.",
                ]
    lines += [line for name in drawn for line in ("", f"![{name.replace('_', ' ')}](figures/{name}.png)")]
    return "\n".join(lines) + "\n"


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


def _count(found: pd.DataFrame, stage: Mapping[str, Any]) -> str:
    states = found.loc[found["stage"] == stage["name"], "status"]
    bad = [
        f"{(states == status).sum()} {status}"
        for status in ("diverged", "failed")
        if (states == status).any()
    ]
    epochs = stage["epochs"]
    return f"{len(states)} trials of {epochs} epoch{'s' * (epochs > 1)}" + (
        f" ({', '.join(bad)})" if bad else ""
    )


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value
