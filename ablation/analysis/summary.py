"""One row a step: means, intervals, differences, verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from ablation.analysis import pairs
from ablation.analysis.comparisons import Comparison, is_primary
from ablation.analysis.intervals import Estimate, bootstrap_interval, estimate
from ablation.analysis.learning import Learned, learned
from ablation.analysis.measured import judged, judged_gaps, looks_of, reported
from ablation.analysis.price import PRICE, price
from ablation.analysis.proportions import clip_interval
from ablation.analysis.sequential import Looked
from ablation.analysis.steps import AA, CONTROL, LEFT_OUT, Step, Steps, control_kind, steps_of, titles
from ablation.analysis.verdicts import HELPS, HURTS, Verdict, chance, learning, verdict
from ablation.measures import Measure
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
    "running_train_mean", "looks", "measure", "measure_mean", "measure_ci_low", "measure_ci_high", *PRICE,
)  # fmt: skip
OF_MEASURE = ("mean", "ci_low", "ci_high", "delta", "delta_low", "delta_high", "p_holm", "verdict", "verdict_kind",
              "verdict_words")  # fmt: skip


def summary(results: Results) -> pd.DataFrame:
    """One row a step of every design, in the manifest's order: `summary.csv`.

    Means and their 95 % intervals are over the seeds whose trial is done; failed and diverged trials are only
    counted (`failed`). `measure` names the primary measure, the test accuracy unless the study says otherwise, and
    `measure_mean` is of it. `delta` is that measure minus that of the step's `base` at the same seed, over the `pairs`
    of seeds that both have, in the measure's units; `gap_delta` is the same of the gap. Where seeds were given on
    demand, delta, pairs, bootstrap and price are of the seeds of the look that the verdict is told by
    (`analysis.looks`). Both are judged by the moderated paired t (`analysis.moderation`): `deviation` on `degrees` of
    freedom is what is left of the pairs' own and the study's common deviation (`prior_deviation`, worth
    `prior_degrees`). `p_holm` corrects for the distinct `primary` comparisons of the study (`comparisons` says by how
    much alpha is divided here) at the same budget and under the same protocol: another budget is another study. The
    interval of a delta is the one that its verdict rests on, at `delta_level`. `seeds_needed` and `mde` hold at the
    corrected level.

    Steps of several orders are parts of an average (`contributions`) and are not tested one at a time; nor is
    an A/A control, whose true difference is known. The `delta` of any other `control` is that of its base, the
    step it stands against, minus the control: what the step has beyond it. The verdict on a step that leaves a trick
    out is on the trick. Where some seeds do not leave chance, the verdict is on how many do. `best_val_mean` is of
    each seed's best epoch, `val_mean` of the last. `time_factor` is by how much the trick makes a training longer, with
    its interval; it and what the trick gains for its price are of `price.price`.

    Where the study reports other measures than the test accuracy, each of them has columns of its own,
    `measure_NAME_mean`, `measure_NAME_delta` and so on (`OF_MEASURE`), corrected within that measure.

    Raises:
        UserError: no trial of the folder is done.
    """
    steps, names = steps_of(results), titles(results.manifest)
    measures = reported(results.manifest)
    compared = {one.name: judged(results.manifest, steps, one) for one in measures}
    primary, gaps = measures[0], judged_gaps(results.manifest, steps)
    several, looks = measures if len(measures) > 1 else (), looks_of(results.manifest)
    learners = {(step["design"], step["step"]): _learned(results, steps, step) for step in steps.all}
    failed = results.trials[results.trials["status"] != "done"].groupby(["design", "step"]).size()
    rows = []
    for step in steps.all:
        place = step["design"], step["step"]
        trials = steps.trials(step)
        test, gap, main = (_mean(trials, column) for column in ("test_accuracy", "gap", primary.column))
        one, other = compared[primary.name].get(place), gaps.get(place)
        found = pairs.paired(steps, step, primary.column)
        unused = _unused(found, one, looks)
        differences = found.without(unused).differences
        bootstrap = bootstrap_interval(differences, np.random.default_rng(0))
        told = _verdict(step, one, primary, differences, learners, names)
        low, high = clip_interval(main.low, main.high, primary.low, primary.high)
        test_low, test_high = clip_interval(test.low, test.high)
        gap_low, gap_high = clip_interval(gap.low, gap.high, -1.0)
        delta = float(np.mean(differences)) if len(differences) else nan
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
                "delta": delta,
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
                **_test(one, primary.widest),
                "measure": primary.name,
                "measure_mean": main.mean,
                "measure_ci_low": low,
                "measure_ci_high": high,
                **price(steps, step, delta, primary, unused),
                "gap_delta": other.estimate.mean if other else nan,
                "gap_delta_low": other.judgement.low if other else nan,
                "gap_delta_high": other.judgement.high if other else nan,
                "gap_p_holm": other.judgement.p if other and other.judgement.primary else nan,
                "gap_verdict": str(gap_told),
                "gap_verdict_kind": gap_told.kind,
                "gap_verdict_words": gap_told.words,
                **_each(steps, step, several, compared, learners, names, looks),
            }
        )
    more = [f"measure_{one.name}_{part}" for one in several for part in OF_MEASURE]
    return pd.DataFrame(rows, columns=[*SUMMARY_COLUMNS, *more])


def _mean(trials: pd.DataFrame, column: str) -> Estimate:
    """Of the seeds that have the figure."""
    return estimate(trials[column].dropna().to_numpy(float))


def _unused(found: pairs.Pairs, one: Comparison | None, looks: Looked | None) -> frozenset[int]:
    """The seeds of the pairs that the verdict does not use: those after its look, in the order of the looks."""
    if one is None or looks is None or one.estimate.n == len(found.seeds):
        return frozenset()
    used = [seed for seed in looks.order if seed in found.seeds][: one.estimate.n]
    return frozenset(found.seeds) - frozenset(used)


def _each(
    steps: Steps,
    step: Step,
    measures: Sequence[Measure],
    compared: Mapping[str, Mapping[tuple[str, str], Comparison]],
    learners: Mapping[tuple[str, str], Learned],
    names: Mapping[str, str],
    looks: Looked | None,
) -> dict[str, Any]:
    """The columns of every measure."""
    found: dict[str, Any] = {}
    for measure in measures:
        one = compared[measure.name].get((step["design"], step["step"]))
        main = _mean(steps.trials(step), measure.column)
        pairs_of = pairs.paired(steps, step, measure.column)
        differences = pairs_of.without(_unused(pairs_of, one, looks)).differences
        told = _verdict(step, one, measure, differences, learners, names)
        tested = _test(one, measure.widest)
        values = (
            main.mean,
            *clip_interval(main.low, main.high, measure.low, measure.high),
            float(np.mean(differences)) if len(differences) else nan,
            tested.get("delta_ci_low", nan),
            tested.get("delta_ci_high", nan),
            tested.get("p_holm", nan),
            str(told),
            told.kind,
            told.words,
        )
        found |= {
            f"measure_{measure.name}_{part}": value for part, value in zip(OF_MEASURE, values, strict=True)
        }
    return found


def _test(one: Comparison | None, widest: float) -> dict[str, Any]:
    """The columns of the test on a measure; no difference is larger than `widest`."""
    if one is None:
        return {}
    found = one.judgement
    low, high = clip_interval(found.low, found.high, -widest, widest)
    return {
        "delta_ci_low": low,
        "delta_ci_high": high,
        "delta_level": found.level,
        "p": one.estimate.p,
        "p_holm": found.p if found.primary else nan,
        "comparisons": found.comparisons,
        "looks": one.looks,
        "mde": found.detectable,
        "seeds_needed": found.seeds_needed,
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
    measure: Measure,
    differences: np.ndarray,
    learners: Mapping[tuple[str, str], Learned],
    names: Mapping[str, str],
) -> Verdict:
    if control_kind(step) == AA:
        return chance(estimate(differences), measure.scale)
    if one is None:
        return Verdict()
    if measure.higher_is_better and one.estimate.n and step["role"] not in (CONTROL, LEFT_OUT):
        mine, base = (learners[step["design"], name] for name in (step["step"], step["base"]))
        if told := learning(mine, base, one, measure.scale):
            return told
    found = verdict(one, _absent(step, names), measure.scale)
    return replace(found, words=BEYOND.get(found.kind, found.words)) if step["role"] == CONTROL else found


def _learned(results: Results, steps: Steps, step: Step) -> Learned:
    """How many of a step's seeds ended above chance on their training images."""
    dataset, trials = results.manifest["dataset"], results.trials
    images = min(step.get("sizes", {}).get("train") or dataset["train"], JUDGED_TRAINING_IMAGES)
    here = (trials["design"] == step["design"]) & (trials["step"] == step["step"])
    diverged = int((here & (trials["status"] == "diverged")).sum())
    accuracies = steps.trials(step)["train_accuracy"].tolist()
    return learned(accuracies, diverged, images, len(dataset["classes"]))
