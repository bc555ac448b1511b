"""One row a step: means, intervals, differences, verdicts."""

from collections.abc import Mapping
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from ablation.analysis import judgement, pairs
from ablation.analysis.comparisons import Comparison, Family, comparisons, is_primary
from ablation.analysis.intervals import bootstrap_interval, estimate
from ablation.analysis.learning import Learned, learned
from ablation.analysis.proportions import clip_interval
from ablation.analysis.sequential import looked
from ablation.analysis.steps import AA, CONTROL, LEFT_OUT, Step, Steps, control_kind, steps_of, titles
from ablation.analysis.verdicts import HELPS, HURTS, Verdict, chance, learning, verdict
from ablation.results.folder import JUDGED_TRAINING_IMAGES
from ablation.results.read import Results

BEYOND = {HELPS: "helps beyond it", HURTS: "hurts against it"}  # of a step held against a control

SUMMARY_COLUMNS = (
    "design", "step", "position", "n", "test_mean", "test_ci_low", "test_ci_high", "val_mean", "train_mean",
    "gap_mean", "gap_ci_low", "gap_ci_high", "delta", "delta_ci_low", "delta_ci_high", "p_holm", "verdict",
    "parameters", "flops_per_image", "train_seconds", "lecture_val", "lecture_train", "base", "pairs",
    "failed", "p", "delta_bootstrap_low", "delta_bootstrap_high", "mde", "seeds_needed", "learns", "control",
    "best_val_mean", "best_epoch_mean", "verdict_kind", "verdict_words", "verdict_reason", "primary",
    "comparisons", "delta_level", "deviation", "degrees", "prior_deviation", "prior_degrees", "gap_delta",
    "gap_delta_low", "gap_delta_high", "gap_p_holm", "gap_verdict", "gap_verdict_kind", "gap_verdict_words",
    "running_train_mean", "looks",
)  # fmt: skip


def summary(results: Results) -> pd.DataFrame:
    """One row a step of every design, in the manifest's order: `summary.csv`.

    Means and their 95 % intervals are over the seeds whose trial is done; failed and diverged trials are only
    counted (`failed`). `delta` is the test accuracy minus that of the step's `base` at the same seed, over
    the `pairs` of seeds that both have, `gap_delta` the same of the gap. Both are judged by the moderated paired t
    (`analysis.moderation`): `deviation` on `degrees` of freedom is what is left of the pairs' own and the study's
    common deviation (`prior_deviation`, worth `prior_degrees`). `p_holm` corrects for the distinct `primary`
    comparisons of the study (`comparisons` says by how much alpha is divided here) at the same budget and under the
    same protocol: another budget is another study. The interval of a delta is the one that its verdict rests on, at
    `delta_level`. `seeds_needed` and `mde` hold at the corrected level.

    Steps of several orders are parts of an average (`contributions`) and are not tested one at a time; nor is
    an A/A control, whose true difference is known. The `delta` of any other `control` is that of its base, the
    step it stands against, minus the control: what the step has beyond it. The verdict on a step that leaves a trick
    out is on the trick. Where some seeds do not leave chance, the verdict is on how many do. `best_val_mean` is of
    each seed's best epoch, `val_mean` of the last.

    Raises:
        UserError: no trial of the folder is done.
    """
    steps, names = steps_of(results), titles(results.manifest)
    margin, sizes = margin_of(results.manifest), families_of(results.manifest)
    looks = looked(results.manifest)
    accuracy = comparisons(steps, margin=margin, sizes=sizes, looked=looks)
    gaps = comparisons(steps, figure=pairs.GAP, words=judgement.GAP, margin=margin, sizes=sizes, looked=looks)
    learners = {(step["design"], step["step"]): _learned(results, steps, step) for step in steps.all}
    failed = results.trials[results.trials["status"] != "done"].groupby(["design", "step"]).size()
    rows = []
    for step in steps.all:
        place = step["design"], step["step"]
        trials = steps.trials(step)
        test, gap = (estimate(trials[column].to_numpy()) for column in ("test_accuracy", "gap"))
        differences = pairs.paired(steps, step).differences
        bootstrap = bootstrap_interval(differences, np.random.default_rng(0))
        one, other = accuracy.get(place), gaps.get(place)
        told = _verdict(step, one, differences, learners, names)
        test_low, test_high = clip_interval(test.low, test.high)
        gap_low, gap_high = clip_interval(gap.low, gap.high, -1.0)
        gap_told = verdict(other, _absent(step, names)) if other else Verdict()
        rows.append(
            {
                "design": step["design"],
                "step": step["step"],
                "position": step["position"],
                "n": test.n,
                "test_mean": test.mean,
                "test_ci_low": test_low,
                "test_ci_high": test_high,
                "val_mean": trials["val_accuracy"].mean(),
                "train_mean": trials["train_accuracy"].mean(),
                "running_train_mean": trials["running_train_accuracy"].mean(),
                "gap_mean": gap.mean,
                "gap_ci_low": gap_low,
                "gap_ci_high": gap_high,
                "delta": float(np.mean(differences)) if len(differences) else nan,
                "parameters": step["parameters"],
                "flops_per_image": step["flops_per_image"],
                "train_seconds": trials["train_seconds"].mean(),
                "lecture_val": step["lecture"].get("val", nan),
                "lecture_train": step["lecture"].get("train", nan),
                "base": step["base"] or "",
                "pairs": len(differences),
                "failed": int(failed.get(place, 0)),
                "delta_bootstrap_low": bootstrap[0],
                "delta_bootstrap_high": bootstrap[1],
                "learns": str(learners[place]),
                "control": control_kind(step),
                "best_val_mean": trials["best_val_accuracy"].mean(),
                "best_epoch_mean": trials["best_epoch"].mean(),
                "verdict": str(told),
                "verdict_kind": told.kind,
                "verdict_words": told.words,
                "verdict_reason": told.reason,
                "primary": is_primary(step) if one else False,
                **_test(one),
                "gap_delta": other.estimate.mean if other else nan,
                "gap_delta_low": other.judgement.low if other else nan,
                "gap_delta_high": other.judgement.high if other else nan,
                "gap_p_holm": other.judgement.p if other else nan,
                "gap_verdict": str(gap_told),
                "gap_verdict_kind": gap_told.kind,
                "gap_verdict_words": gap_told.words,
            }
        )
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))


def margin_of(manifest: Mapping[str, Any]) -> float:
    """The difference, a fraction, up to which the study takes two accuracies for the same."""
    return float(manifest["study"].get("margin", judgement.MARGIN))


def families_of(manifest: Mapping[str, Any]) -> dict[Family, int]:
    """How many primary comparisons the study has at each budget and under each protocol, run or not."""
    return {(one["epochs"], one["protocol"]): one["comparisons"] for one in manifest.get("families", [])}


def _test(one: Comparison | None) -> dict[str, Any]:
    """The columns of the test on test accuracy."""
    if one is None:
        return {}
    judged = one.judgement
    return {
        "delta_ci_low": judged.low,
        "delta_ci_high": judged.high,
        "delta_level": judged.level,
        "p": one.estimate.p,
        "p_holm": judged.p if judged.primary else nan,
        "comparisons": judged.comparisons,
        "looks": one.looks,
        "mde": judged.detectable,
        "seeds_needed": judged.seeds_needed,
        "deviation": one.estimate.deviation,
        "degrees": one.estimate.degrees,
        "prior_deviation": one.prior.deviation,
        "prior_degrees": one.prior.degrees,
    }


def _absent(step: Step, names: Mapping[str, str]) -> str:
    """What the trick is called that a step leaves out; empty of a step that leaves none out."""
    if step["role"] != LEFT_OUT:
        return ""
    change = step["change"] or step["step"]
    return names.get(change, change.replace("_", " "))


def _verdict(
    step: Step,
    one: Comparison | None,
    differences: np.ndarray,
    learners: Mapping[tuple[str, str], Learned],
    names: Mapping[str, str],
) -> Verdict:
    if control_kind(step) == AA:
        return chance(estimate(differences))
    if one is None:
        return Verdict()
    if one.estimate.n and step["role"] not in (CONTROL, LEFT_OUT):
        mine, base = (learners[step["design"], name] for name in (step["step"], step["base"]))
        if told := learning(mine, base, one):
            return told
    found = verdict(one, _absent(step, names))
    return replace(found, words=BEYOND.get(found.kind, found.words)) if step["role"] == CONTROL else found


def _learned(results: Results, steps: Steps, step: Step) -> Learned:
    """How many of a step's seeds ended above chance on their training images."""
    dataset, trials = results.manifest["dataset"], results.trials
    images = min(step.get("sizes", {}).get("train") or dataset["train"], JUDGED_TRAINING_IMAGES)
    here = (trials["design"] == step["design"]) & (trials["step"] == step["step"])
    diverged = int((here & (trials["status"] == "diverged")).sum())
    accuracies = steps.trials(step)["train_accuracy"].tolist()
    return learned(accuracies, diverged, images, len(dataset["classes"]))
