"""One row a step: means, intervals, differences, verdicts."""

import itertools
from dataclasses import replace
from math import nan

import numpy as np
import pandas as pd

from ablation.analysis.intervals import Estimate, bootstrap_interval, estimate, holm
from ablation.analysis.learning import learns
from ablation.analysis.pairs import paired
from ablation.analysis.power import minimum_detectable, seeds_needed
from ablation.analysis.steps import AA, CONTROL, Step, control_kind, is_tested, steps_of, variant_of
from ablation.analysis.verdicts import HELPS, HURTS, Verdict, chance, verdict
from ablation.results.folder import JUDGED_TRAINING_IMAGES
from ablation.results.read import Results

BEYOND = {HELPS: "helps beyond it", HURTS: "hurts against it"}  # of a step held against a control

SUMMARY_COLUMNS = (
    "design", "step", "position", "n", "test_mean", "test_ci_low", "test_ci_high", "val_mean", "train_mean",
    "gap_mean", "gap_ci_low", "gap_ci_high", "delta", "delta_ci_low", "delta_ci_high", "p_holm", "verdict",
    "parameters", "flops_per_image", "train_seconds", "lecture_val", "lecture_train", "base", "pairs",
    "failed", "p", "delta_bootstrap_low", "delta_bootstrap_high", "mde", "seeds_needed", "learns", "control",
    "best_val_mean", "best_epoch_mean", "verdict_kind", "verdict_words",
)  # fmt: skip


def summary(results: Results) -> pd.DataFrame:
    """One row a step of every design, in the manifest's order: `summary.csv`.

    Means and 95 % intervals are over the seeds whose trial is done; failed and diverged trials are only
    counted (`failed`). `delta` is the test accuracy minus that of the step's `base` at the same seed, over
    the `pairs` of seeds that both have. `p_holm` corrects for all distinct comparisons of the study at the same
    budget and under the same protocol: another budget is another study. Steps
    of several orders are parts of an average (`contributions`) and are not tested one at a time; nor is
    an A/A control, whose true difference is known. The `delta` of any other `control` is that of its base, the
    step it stands against, minus the control: what the step has beyond it. `best_val_mean` is of each seed's
    best epoch, `val_mean` of the last.

    Raises:
        UserError: no trial of the folder is done.
    """
    steps = steps_of(results)
    others = results.trials[results.trials["status"] != "done"]
    counts = others.groupby(["design", "step"]).size()
    diverged = others[others["status"] == "diverged"].groupby(["design", "step"]).size()
    rows, compared = [], []
    for step in steps.all:
        trials, place = steps.trials(step), (step["design"], step["step"])
        test, gap = (estimate(trials[column].to_numpy()) for column in ("test_accuracy", "gap"))
        pairs = paired(steps, step)
        delta = estimate(pairs.differences)
        bootstrap = bootstrap_interval(pairs.differences, np.random.default_rng(0))
        compared.append((delta, pairs.key))
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
                "failed": int(counts.get(place, 0)),
                "p": delta.p,
                "delta_bootstrap_low": bootstrap[0],
                "delta_bootstrap_high": bootstrap[1],
                "mde": minimum_detectable(delta.deviation, delta.n),
                "seeds_needed": seeds_needed(delta.mean, delta.deviation),
                "learns": _learns(results, step, trials, int(diverged.get(place, 0))),
                "control": control_kind(step),
                "best_val_mean": trials["best_val_accuracy"].mean(),
                "best_epoch_mean": trials["best_epoch"].mean(),
            }
        )
    table = pd.DataFrame(rows)
    table["p_holm"] = nan
    families = [_family(step) if is_tested(step) else None for step in steps.all]
    for family in dict.fromkeys(one for one in families if one is not None):
        here = np.array([one == family for one in families])
        table.loc[here, "p_holm"] = _corrected(list(itertools.compress(compared, here)))
    verdicts = [
        _verdict(step, delta, p)
        for step, (delta, _), p in zip(steps.all, compared, table["p_holm"], strict=True)
    ]
    table["verdict"] = [str(one) for one in verdicts]
    table["verdict_kind"] = [one.kind for one in verdicts]
    table["verdict_words"] = [one.words for one in verdicts]
    return table[list(SUMMARY_COLUMNS)]


def _family(step: Step) -> tuple[int | None, str | None]:
    """What a design does otherwise than the study: its epochs and protocol."""
    variant = variant_of(step)
    return variant.epochs, variant.protocol


def _verdict(step: Step, delta: Estimate, p: float) -> Verdict:
    if control_kind(step) == AA:
        return chance(delta)
    if not step["base"] or not is_tested(step):
        return Verdict()
    found = verdict(delta, p)
    return replace(found, words=BEYOND.get(found.kind, found.words)) if step["role"] == CONTROL else found


def _learns(results: Results, step: Step, done: pd.DataFrame, diverged: int) -> str:
    """Whether a step's trials ended above chance on their training images."""
    dataset = results.manifest["dataset"]
    images = min(step.get("sizes", {}).get("train") or dataset["train"], JUDGED_TRAINING_IMAGES)
    return learns(done["train_accuracy"].tolist(), diverged, images, len(dataset["classes"]))


def _corrected(compared: list[tuple[Estimate, tuple[tuple[str, str], ...]]]) -> np.ndarray:
    """Holm's correction over the distinct comparisons: one that two designs share counts once."""
    distinct = {key: delta.p for delta, key in compared if key}
    adjusted = dict(zip(distinct, holm(np.array(list(distinct.values()), float)), strict=True))
    return np.array([adjusted.get(key, nan) for _, key in compared])
