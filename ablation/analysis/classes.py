"""Each class's recall, step by step."""

from dataclasses import replace
from math import nan

import numpy as np
import pandas as pd

from ablation.analysis.comparisons import comparisons_of
from ablation.analysis.intervals import estimate
from ablation.analysis.measured import families_of, margin_of
from ablation.analysis.proportions import clip_interval
from ablation.analysis.steps import LEFT_OUT, steps_of
from ablation.analysis.verdicts import OPPOSITE
from ablation.measures import CLASS_RECALL
from ablation.results.read import Results

CLASSES_COLUMNS = (
    "design", "step", "class", "n", "recall_mean", "recall_ci_low", "recall_ci_high", "delta", "delta_ci_low",
    "delta_ci_high", "p_holm", "verdict_kind",
)  # fmt: skip


def classes(results: Results) -> pd.DataFrame:
    """The recall of each class, and what each step changes of it against its base.

    The comparisons of all steps and all classes are one family to the correction: the chance of any false verdict among
    them stays under 5 %. Seeds that were given on demand are taken as given beforehand.

    Returns:
        A row a step and class: design, step, class (its name), n (seeds whose confusion matrix was kept and has images
        of the class), recall_mean with its 95 % interval, delta with the interval that its verdict rests on (all
        fractions), p_holm, and the verdict on the step's trick; no row where the study does not report `class_recall`.

    Raises:
        UserError: no trial of the folder is done, or a trial's file is damaged.
    """
    if CLASS_RECALL not in results.manifest["study"].get("measures", []):
        return pd.DataFrame(columns=list(CLASSES_COLUMNS))
    names = results.manifest["dataset"]["classes"]
    columns = [f"recall_{index}" for index in range(len(names))]
    recalls = {key: _recalls(results, key) for key in results.trials["config_hash"].unique()}
    table = pd.DataFrame([recalls[key] for key in results.trials["config_hash"]], columns=columns)
    steps = steps_of(replace(results, trials=results.trials.join(table)))
    told = results.manifest
    compared = comparisons_of(steps, columns, margin=margin_of(told), sizes=families_of(told))
    rows = []
    for step in steps.all:
        trials = steps.trials(step)
        for name, column in zip(names, columns, strict=True):
            one = compared.get((column, (step["design"], step["step"])))
            mean = estimate(trials[column].dropna().to_numpy(float))
            low, high = clip_interval(mean.low, mean.high)
            delta = one.estimate.mean if one and one.estimate.n else nan
            ends = clip_interval(one.judgement.low, one.judgement.high, -1.0) if one else (nan, nan)
            kind = one.judgement.verdict if one and one.estimate.n > 1 else ""
            kind = OPPOSITE.get(kind, kind) if step["role"] == LEFT_OUT else kind
            p = one.judgement.p if one and one.judgement.primary else nan
            rows.append(
                (step["design"], step["step"], name, mean.n, mean.mean, low, high, delta, *ends, p, kind)
            )
    return pd.DataFrame(rows, columns=list(CLASSES_COLUMNS))


def _recalls(results: Results, config_hash: str) -> np.ndarray:
    """Of each class, nan of one without images or where no confusion matrix was kept."""
    counts = results.confusion(config_hash)
    if counts is None:
        return np.full(len(results.manifest["dataset"]["classes"]), nan)
    images = counts.sum(axis=1)
    return np.where(images > 0, np.diag(counts) / np.maximum(images, 1), nan)
