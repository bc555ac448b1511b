"""From a results folder to tables of figures: nothing here trains or plots."""

import json
from collections.abc import Iterable, Mapping
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from ablation.analysis.attribution import shapley
from ablation.analysis.cost import pareto_front, points_per_gflop, seconds_to_reach
from ablation.analysis.intervals import Estimate, bootstrap_interval, estimate, holm, noise_floor
from ablation.analysis.learning import learns
from ablation.analysis.power import minimum_detectable, seeds_needed
from ablation.analysis.verdicts import verdict
from ablation.errors import UserError
from ablation.results import JUDGED_TRAINING_IMAGES, Results

AA = "aa"
ORDERS = "orders"
LEAVE_ONE_OUT = "leave-one-out"

SUMMARY_COLUMNS = (
    "design", "step", "position", "n", "test_mean", "test_ci_low", "test_ci_high", "val_mean", "train_mean",
    "gap_mean", "gap_ci_low", "gap_ci_high", "delta", "delta_ci_low", "delta_ci_high", "p_holm", "verdict",
    "parameters", "flops_per_image", "train_seconds", "lecture_val", "lecture_train", "base", "pairs",
    "failed", "p", "delta_bootstrap_low", "delta_bootstrap_high", "mde", "seeds_needed", "learns",
)  # fmt: skip


def summary(results: Results) -> pd.DataFrame:
    """One row a step of every design, in the manifest's order: `summary.csv`.

    Means and 95 % intervals are over the seeds whose trial is done; failed and diverged trials are only
    counted (`failed`). `delta` is the test accuracy minus that of the step's `base` at the same seed, over
    the `pairs` of seeds that both have. `p_holm` corrects for all distinct comparisons of the study. Steps
    of the design `orders` are parts of an average (`contributions`) and are not tested one at a time.

    Raises:
        UserError: no trial of the folder is done.
    """
    done = done_trials(results)
    counts = results.trials[results.trials["status"] != "done"].groupby(["design", "step"]).size()
    steps = results.manifest["steps"]
    rows, compared = [], []
    for step in steps:
        trials = of_step(done, step)
        test, gap = (estimate(trials[column].to_numpy()) for column in ("test_accuracy", "gap"))
        pairs, key = _paired(done, step, base_of(step, steps))
        delta = estimate(pairs)
        bootstrap = bootstrap_interval(pairs, np.random.default_rng(0))
        compared.append((delta, key))
        rows.append(
            {
                "design": step["design"],
                "step": step["step"],
                "position": step["position"],
                "n": test.n,
                "test_mean": test.mean,
                "test_ci_low": test.low,
                "test_ci_high": test.high,
                "val_mean": trials["val_accuracy"].mean(),
                "train_mean": trials["train_accuracy"].mean(),
                "gap_mean": gap.mean,
                "gap_ci_low": gap.low,
                "gap_ci_high": gap.high,
                "delta": delta.mean,
                "delta_ci_low": delta.low,
                "delta_ci_high": delta.high,
                "parameters": step["parameters"],
                "flops_per_image": step["flops_per_image"],
                "train_seconds": trials["train_seconds"].mean(),
                "lecture_val": step["lecture"].get("val", nan),
                "lecture_train": step["lecture"].get("train", nan),
                "base": step["base"] or "",
                "pairs": delta.n,
                "failed": int(counts.get((step["design"], step["step"]), 0)),
                "p": delta.p,
                "delta_bootstrap_low": bootstrap[0],
                "delta_bootstrap_high": bootstrap[1],
                "mde": minimum_detectable(delta.deviation, delta.n),
                "seeds_needed": seeds_needed(delta.mean, delta.deviation),
                "learns": _learns(results, step, trials),
            }
        )
    table = pd.DataFrame(rows)
    table["p_holm"] = _corrected(compared, [step["design"] != ORDERS for step in steps])
    table["verdict"] = [
        verdict(delta, p) if step["base"] and step["design"] != ORDERS else ""
        for step, (delta, _), p in zip(steps, compared, table["p_holm"], strict=True)
    ]
    return table[list(SUMMARY_COLUMNS)]


def contributions(results: Results) -> pd.DataFrame:
    """What each design says each trick adds to the test accuracy.

    Leaving a trick out is read backwards (what its absence costs), the design `orders` gives Shapley values,
    whose interval is over the orders sampled.

    Returns:
        A row a design and trick: design, trick, n (pairs of seeds, or orders), value, low, high (fractions).
    """
    done, steps = done_trials(results), results.manifest["steps"]
    names = _change_names(steps)
    rows: list[tuple[str, str, int, float, float, float]] = []
    marginals = []
    for step in steps:
        base = base_of(step, steps)
        if base is None or is_control(step):
            continue
        differences = _paired(done, step, base)[0]
        if step["design"] == ORDERS:
            marginals.append((names[_change(step)], float(np.mean(differences)) if len(differences) else nan))
            continue
        if step["design"] == LEAVE_ONE_OUT:
            differences = -differences
        found = estimate(differences)
        if found.n:
            rows.append((step["design"], names[_change(step)], found.n, found.mean, found.low, found.high))
    rows += [
        (ORDERS, row.trick, row.orders, row.value, row.low, row.high)
        for row in shapley(marginals).itertuples()
    ]
    return pd.DataFrame(rows, columns=["design", "trick", "n", "value", "low", "high"])


def costs(results: Results, table: pd.DataFrame) -> pd.DataFrame:
    """What each step's accuracy costs, row by row as in `summary`.

    Args:
        table: `summary(results)`.

    Returns:
        design, step, test_mean, train_seconds, flops_per_image, on_time_front and on_flops_front (no step of
        the same design is cheaper and as accurate), points_per_gflop (gain over the base per extra GFLOP an
        image), seconds_to_baseline (mean training time until the validation accuracy with which the design's
        first step ended, at the same seed), reached (seeds that got there).
    """
    columns = ["design", "step", "test_mean", "train_seconds", "flops_per_image"]
    cost = table[columns].copy()
    flops = {(row.design, row.step): row.flops_per_image for row in table.itertuples()}
    cost["points_per_gflop"] = [
        points_per_gflop(row.delta, row.flops_per_image, flops.get((row.design, row.base), nan))
        for row in table.itertuples()
    ]
    for front, column in (("on_time_front", "train_seconds"), ("on_flops_front", "flops_per_image")):
        cost[front] = False
        for _, group in cost.groupby("design"):
            mask = pareto_front(group[column].to_numpy(float), group["test_mean"].to_numpy(float))
            cost.loc[group.index, front] = mask
    times = _seconds_to_baseline(results)
    cost["seconds_to_baseline"] = [
        times.get((row.design, row.step), (nan, 0))[0] for row in cost.itertuples()
    ]
    cost["reached"] = [times.get((row.design, row.step), (nan, 0))[1] for row in cost.itertuples()]
    return cost


def control_floor(results: Results) -> float | None:
    """Half width of the A/A noise floor as a fraction: the rung `aa` changes nothing, so it measures chance
    alone.

    Returns:
        None where the study has no such rung, or it has no finished pair.
    """
    done, steps = done_trials(results), results.manifest["steps"]
    for step in filter(is_control, steps):
        differences = _paired(done, step, base_of(step, steps))[0]
        if len(differences):
            return noise_floor(differences)
    return None


def done_trials(results: Results) -> pd.DataFrame:
    """The trials that count, by seed.

    Raises:
        UserError: there is none.
    """
    done = results.trials[results.trials["status"] == "done"].dropna(subset=["test_accuracy"])
    if done.empty:
        raise UserError(
            f"{results.folder.path}: nothing to report; expected at least one done trial in trials.csv, found"
            f" {len(results.trials)} failed, diverged or not judged on test images"
        )
    return done.sort_values(["design", "position", "seed"], kind="stable")


def of_step(trials: pd.DataFrame, step: Mapping[str, Any]) -> pd.DataFrame:
    """The trials of one step of one design."""
    return trials[(trials["design"] == step["design"]) & (trials["step"] == step["step"])]


def base_of(step: Mapping[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The step that this one is compared with, of the same design; None where it is compared with none."""
    same = (other for other in steps if other["design"] == step["design"] and other["step"] == step["base"])
    return next(same, None)


def is_control(step: Mapping[str, Any]) -> bool:
    """Whether the step is the A/A rung, which repeats its base unchanged."""
    return step["step"] == AA


def _learns(results: Results, step: Mapping[str, Any], done: pd.DataFrame) -> str:
    """Whether a step's trials ended above chance on their training images."""
    diverged = (of_step(results.trials, step)["status"] == "diverged").sum()
    dataset = results.manifest["dataset"]
    images = min(step.get("sizes", {}).get("train") or dataset["train"], JUDGED_TRAINING_IMAGES)
    return learns(done["train_accuracy"].tolist(), int(diverged), images, len(dataset["classes"]))


def _change(step: Mapping[str, Any]) -> str:
    """What the step changes, the same text in every design: its tricks and parameters, or its own name."""
    tricks = [[trick["name"], trick["parameters"]] for trick in step["tricks"]]
    return json.dumps(tricks, sort_keys=True) if tricks else step["step"].removeprefix("without-")


def _change_names(steps: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What to call each change: the title of a step that makes it, or its tricks' names."""
    names: dict[str, str] = {}
    for step in sorted(steps, key=lambda one: one["design"] in (LEAVE_ONE_OUT, ORDERS)):
        tricks = " + ".join(trick["name"] for trick in step["tricks"])
        title = tricks if step["design"] == ORDERS and tricks else step["title"].removeprefix("without ")
        names.setdefault(_change(step), title)
    return names


def _paired(
    done: pd.DataFrame, step: Mapping[str, Any], base: Mapping[str, Any] | None
) -> tuple[np.ndarray, tuple[tuple[str, str], ...]]:
    """Test accuracy of a step minus its base's, seed by seed, and which configurations that compares."""
    if base is None:
        return np.empty(0), ()
    columns = ["test_accuracy", "config_hash"]
    mine, theirs = (of_step(done, one).set_index("seed")[columns] for one in (step, base))
    both = mine.join(theirs, how="inner", rsuffix="_base").sort_index()
    key = tuple(zip(both["config_hash"], both["config_hash_base"], strict=True))
    return (both["test_accuracy"] - both["test_accuracy_base"]).to_numpy(float), key


def _corrected(
    compared: list[tuple[Estimate, tuple[tuple[str, str], ...]]], tested: list[bool]
) -> np.ndarray:
    """Holm's correction over the distinct comparisons: one that two designs share counts once."""
    distinct = {key: delta.p for (delta, key), test in zip(compared, tested, strict=True) if key and test}
    adjusted = dict(zip(distinct, holm(np.array(list(distinct.values()), float)), strict=True))
    return np.array(
        [adjusted.get(key, nan) if test else nan for (_, key), test in zip(compared, tested, strict=True)]
    )


def _seconds_to_baseline(results: Results) -> dict[tuple[str, str], tuple[float, int]]:
    """Per (design, step): the `seconds_to_baseline` and `reached` of `costs`."""
    done, steps = done_trials(results), results.manifest["steps"]
    curves = {name: rows.sort_values("epoch") for name, rows in results.epochs.groupby("config_hash")}
    found = {}
    for step in steps:
        root = step
        while (base := base_of(root, steps)) is not None:
            root = base
        final = {
            row.seed: curves[row.config_hash]["val_accuracy"].iloc[-1]
            for row in of_step(done, root).itertuples()
            if row.config_hash in curves
        }
        times = [
            seconds_to_reach(
                final[row.seed],
                curves[row.config_hash]["val_accuracy"].to_numpy(),
                curves[row.config_hash]["seconds"].to_numpy(),
            )
            for row in of_step(done, step).itertuples()
            if row.seed in final and row.config_hash in curves
        ]
        reached = [time for time in times if not np.isnan(time)]
        found[step["design"], step["step"]] = (float(np.mean(reached)) if reached else nan, len(reached))
    return found
