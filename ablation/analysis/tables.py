"""From a results folder to tables of figures: nothing here trains or plots."""

import re
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
from ablation.results.folder import JUDGED_TRAINING_IMAGES
from ablation.results.read import Results
from ablation.wording import points

AA = "aa"
CUMULATIVE = "cumulative"
ORDERS = "orders"
LEAVE_ONE_OUT = "leave-one-out"

SUMMARY_COLUMNS = (
    "design", "step", "position", "n", "test_mean", "test_ci_low", "test_ci_high", "val_mean", "train_mean",
    "gap_mean", "gap_ci_low", "gap_ci_high", "delta", "delta_ci_low", "delta_ci_high", "p_holm", "verdict",
    "parameters", "flops_per_image", "train_seconds", "lecture_val", "lecture_train", "base", "pairs",
    "failed", "p", "delta_bootstrap_low", "delta_bootstrap_high", "mde", "seeds_needed", "learns", "control",
    "best_val_mean", "best_epoch_mean",
)  # fmt: skip
PROTOCOL_COLUMNS = (
    "design", "step", "n", "honest_test", "honest_best", "honest_last", "lecture_best", "lecture_last",
    "selection", "selection_low", "selection_high", "optimism", "optimism_low", "optimism_high",
)  # fmt: skip


def summary(results: Results) -> pd.DataFrame:
    """One row a step of every design, in the manifest's order: `summary.csv`.

    Means and 95 % intervals are over the seeds whose trial is done; failed and diverged trials are only
    counted (`failed`). `delta` is the test accuracy minus that of the step's `base` at the same seed, over
    the `pairs` of seeds that both have. `p_holm` corrects for all distinct comparisons of the study at the same
    budget and under the same protocol: another budget is another study. Steps
    of the design `orders` are parts of an average (`contributions`) and are not tested one at a time; nor is
    an A/A rung, whose true difference is known. The `delta` of any other `control` is that of its base, the
    step it stands against, minus the control: what the step has beyond it. `best_val_mean` is of each seed's
    best epoch, `val_mean` of the last.

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
                "control": control_kind(step),
                "best_val_mean": trials["best_val_accuracy"].mean(),
                "best_epoch_mean": trials["best_epoch"].mean(),
            }
        )
    table = pd.DataFrame(rows)
    tested = pd.Series([_family(step) if _is_tested(step) else None for step in steps])
    table["p_holm"] = nan
    for family in tested.dropna().unique():
        here = (tested == family).to_numpy()
        table.loc[here, "p_holm"] = _corrected(
            [one for one, is_in in zip(compared, here, strict=True) if is_in]
        )
    table["verdict"] = [
        _worded(step, delta, p) for step, (delta, _), p in zip(steps, compared, table["p_holm"], strict=True)
    ]
    return table[list(SUMMARY_COLUMNS)]


def contributions(results: Results) -> pd.DataFrame:
    """What each design says each trick adds to the test accuracy.

    Leaving a trick out is read backwards (what its absence costs), the design `orders` gives Shapley values,
    whose interval is over the orders sampled.

    Returns:
        A row a design and trick: design, trick, n (pairs of seeds, or orders), value, low, high (fractions),
        error (Monte-Carlo standard error of a Shapley value; NaN for other designs).
    """
    done, steps = done_trials(results), results.manifest["steps"]
    names = _change_names(steps)
    rows: list[tuple[str, str, int, float, float, float, float]] = []
    marginals: dict[str, list[tuple[str, float]]] = {}
    for step in steps:
        base = base_of(step, steps)
        if base is None or is_control(step):
            continue
        differences, name = _paired(done, step, base)[0], names[_change(step)]
        if base_design(step["design"]) == ORDERS:
            found = (name, float(np.mean(differences)) if len(differences) else nan)
            marginals.setdefault(step["design"], []).append(found)
            continue
        if base_design(step["design"]) == LEAVE_ONE_OUT:
            differences = -differences
        delta = estimate(differences)
        if delta.n:
            rows.append((step["design"], name, delta.n, delta.mean, delta.low, delta.high, nan))
    rows += [
        (design, row.trick, row.orders, row.value, row.low, row.high, row.error)
        for design, values in marginals.items()
        for row in shapley(values).itertuples()
    ]
    return pd.DataFrame(rows, columns=["design", "trick", "n", "value", "low", "high", "error"])


def budgets(results: Results, table: pd.DataFrame) -> pd.DataFrame:
    """Each step's delta at every number of epochs that it was trained for.

    Args:
        table: `summary(results)`.

    Returns:
        design (without its epochs), step, epochs, delta, delta_ci_low, delta_ci_high, verdict, by design, step
        and epochs; empty where no design was run at more than one number of epochs.
    """
    epochs = {
        (step["design"], step["step"]): step.get("epochs")
        for step in results.manifest["steps"]
        if not is_control(step)
    }
    rows = [
        (without_epochs(row.design), row.step, epochs[row.design, row.step], row.delta, row.delta_ci_low,
         row.delta_ci_high, row.verdict)
        for row in table[table["pairs"] > 0].itertuples()
        if epochs.get((row.design, row.step)) and base_design(row.design) != ORDERS
    ]  # fmt: skip
    columns = ["design", "step", "epochs", "delta", "delta_ci_low", "delta_ci_high", "verdict"]
    found = pd.DataFrame(rows, columns=columns).drop_duplicates(["design", "step", "epochs"])
    several = found.groupby(["design", "step"])["epochs"].transform("nunique") > 1
    return found[several].reset_index(drop=True)


def protocols(results: Results) -> pd.DataFrame:
    """The two protocols side by side, for the steps that were trained under both.

    Returns:
        A row a step: design (without its protocol), step, n (pairs of seeds), honest_test (accuracy on test
        images, looked at once), honest_best and honest_last (validation accuracy of the best and of the last
        epoch), lecture_best and lecture_last (test accuracy of the epoch that is best on test, and of the last),
        selection (best minus last, both lecture), optimism (lecture_best minus honest_test), each difference
        with _low and _high, its 95 % interval; all fractions.
    """
    done, steps = done_trials(results), results.manifest["steps"]
    figures = ["test_accuracy", "best_val_accuracy", "val_accuracy"]
    sides: dict[tuple[str, str], dict[str, pd.DataFrame]] = {}
    for step in steps:
        if not is_control(step) and base_design(step["design"]) != ORDERS:
            place = (without_protocol(step["design"]), step["step"])
            trials = of_step(done, step).set_index("seed")[figures]
            sides.setdefault(place, {})[step.get("protocol", results.manifest["protocol"])] = trials
    rows = []
    for (design, name), both in sides.items():
        if len(both) < 2:
            continue
        pairs = both["honest"].join(both["lecture"], how="inner", rsuffix="_lecture").sort_index()
        best = pairs["best_val_accuracy_lecture"]
        selection = estimate((best - pairs["test_accuracy_lecture"]).to_numpy(float))
        optimism = estimate((best - pairs["test_accuracy"]).to_numpy(float))
        if optimism.n:
            rows.append(
                {
                    "design": design,
                    "step": name,
                    "n": optimism.n,
                    "honest_test": pairs["test_accuracy"].mean(),
                    "honest_best": pairs["best_val_accuracy"].mean(),
                    "honest_last": pairs["val_accuracy"].mean(),
                    "lecture_best": best.mean(),
                    "lecture_last": pairs["test_accuracy_lecture"].mean(),
                    "selection": selection.mean,
                    "selection_low": selection.low,
                    "selection_high": selection.high,
                    "optimism": optimism.mean,
                    "optimism_low": optimism.low,
                    "optimism_high": optimism.high,
                }
            )
    return pd.DataFrame(rows, columns=list(PROTOCOL_COLUMNS))


def costs(results: Results, table: pd.DataFrame) -> pd.DataFrame:
    """What each step's accuracy costs, row by row as in `summary`.

    Args:
        table: `summary(results)`.

    Returns:
        design, step, test_mean, train_seconds, flops_per_image, on_time_front and on_flops_front (no step of
        the same design is cheaper and as accurate), points_per_gflop (gain over the base per extra GFLOP an
        image; NaN for controls), seconds_to_baseline (mean training time until the validation accuracy with
        which the design's first step ended, at the same seed), reached (seeds that got there).
    """
    columns = ["design", "step", "test_mean", "train_seconds", "flops_per_image"]
    cost = table[columns].copy()
    flops = {(row.design, row.step): row.flops_per_image for row in table.itertuples()}
    cost["points_per_gflop"] = [
        nan
        if row.control
        else points_per_gflop(row.delta, row.flops_per_image, flops.get((row.design, row.base), nan))
        for row in table.itertuples()
    ]
    for front, column in (("on_time_front", "train_seconds"), ("on_flops_front", "flops_per_image")):
        cost[front] = False
        for _, group in cost[table["control"] == ""].groupby("design"):
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
    for step in (one for one in steps if one["step"] == AA):
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
    """Whether the step is no trick but what one is held against."""
    return control_kind(step) != ""


def control_kind(step: Mapping[str, Any]) -> str:
    """`aa`, `parameters` or `compute`; empty for a step of the ladder."""
    return AA if step["step"] == AA else (step.get("control") or {}).get("kind", "")


def base_design(design: str) -> str:
    """The design without its epochs and protocol: `orders@20@lecture` -> `orders`."""
    return design.partition("@")[0]


def without_epochs(design: str) -> str:
    """`cumulative@20@lecture` -> `cumulative@lecture`."""
    return "@".join(part for part in design.split("@") if not part.isdigit())


def without_protocol(design: str) -> str:
    """`cumulative@20@lecture` -> `cumulative@20`."""
    base, *parts = design.split("@")
    return "@".join([base, *(part for part in parts if part.isdigit())])


def _is_tested(step: Mapping[str, Any]) -> bool:
    return base_design(step["design"]) != ORDERS and step["step"] != AA


def _family(step: Mapping[str, Any]) -> str:
    """What a design does otherwise than the study: its epochs and protocol."""
    return step["design"].partition("@")[2]


def _worded(step: Mapping[str, Any], delta: Estimate, p: float) -> str:
    if step["step"] == AA and delta.n:
        return f"chance: {points(delta.mean)} points"
    if not step["base"] or not _is_tested(step):
        return ""
    text = verdict(delta, p)
    if is_control(step):
        text = text.replace("helps:", "helps beyond it:").replace("hurts:", "hurts against it:")
    return text


def _learns(results: Results, step: Mapping[str, Any], done: pd.DataFrame) -> str:
    """Whether a step's trials ended above chance on their training images."""
    diverged = (of_step(results.trials, step)["status"] == "diverged").sum()
    dataset = results.manifest["dataset"]
    images = min(step.get("sizes", {}).get("train") or dataset["train"], JUDGED_TRAINING_IMAGES)
    return learns(done["train_accuracy"].tolist(), int(diverged), images, len(dataset["classes"]))


def _change(step: Mapping[str, Any]) -> str:
    """The step of the ladder whose tricks this one adds, or leaves out."""
    prefix = {LEAVE_ONE_OUT: r"without-", ORDERS: r"o\d+_"}.get(base_design(step["design"]), "")
    return re.sub(f"^{prefix}", "", step["step"])


def _change_names(steps: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What to call each change: the title of the step itself where it was run."""
    names: dict[str, str] = {}
    for step in sorted(steps, key=lambda one: base_design(one["design"]) in (LEAVE_ONE_OUT, ORDERS)):
        title = re.sub(r" \(order \d+\)$", "", step["title"].removeprefix("without "))
        names.setdefault(_change(step), title or _change(step))
    return names


def _paired(
    done: pd.DataFrame, step: Mapping[str, Any], base: Mapping[str, Any] | None
) -> tuple[np.ndarray, tuple[tuple[str, str], ...]]:
    """Test accuracy of a step minus its base's, seed by seed, and which configurations that compares.

    A control is what its base is held against: there it is the other way round.
    """
    if base is None:
        return np.empty(0), ()
    columns = ["test_accuracy", "config_hash"]
    mine, theirs = (of_step(done, one).set_index("seed")[columns] for one in (step, base))
    both = mine.join(theirs, how="inner", rsuffix="_base").sort_index()
    key = tuple(zip(both["config_hash"], both["config_hash_base"], strict=True))
    sign = -1 if control_kind(step) not in ("", AA) else 1
    return sign * (both["test_accuracy"] - both["test_accuracy_base"]).to_numpy(float), key


def _corrected(compared: list[tuple[Estimate, tuple[tuple[str, str], ...]]]) -> np.ndarray:
    """Holm's correction over the distinct comparisons: one that two designs share counts once."""
    distinct = {key: delta.p for delta, key in compared if key}
    adjusted = dict(zip(distinct, holm(np.array(list(distinct.values()), float)), strict=True))
    return np.array([adjusted.get(key, nan) for _, key in compared])


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
