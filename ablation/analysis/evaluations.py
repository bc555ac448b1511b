"""What each step changes on other test images."""

import dataclasses

import pandas as pd

from ablation.analysis.summary import SUMMARY_COLUMNS, summary
from ablation.results import evaluations as table
from ablation.results.read import Results


def evaluations(results: Results) -> pd.DataFrame:
    """The figures, intervals and verdicts of `summary`, a data set at a time, of the models that were evaluated on it.

    Returns:
        A row a data set and step: `dataset`, and the columns of `summary`. Gaps are to the other test images. No row
        without evaluations.

    Raises:
        UserError: `evaluations.csv` is damaged.
    """
    found = table.read(results.folder)
    keys = ["design", "step", "seed", "config_hash"]
    parts = []
    for name, rows in found.groupby("dataset", sort=False):
        figures = ["test_accuracy", *(one for one in results.trials if one.startswith("measure_"))]
        kept = results.trials[results.trials["status"] == "done"].drop(columns=[*figures, "gap"])
        trials = kept.merge(rows.reindex(columns=[*keys, *figures]), on=keys)
        if trials.empty:
            continue
        trials["gap"] = trials["train_accuracy"] - trials["test_accuracy"]
        trials = pd.concat([trials, _without_models(results.trials, trials)], ignore_index=True)
        judged = summary(dataclasses.replace(results, trials=trials))
        parts.append(judged[judged["n"] > 0].assign(dataset=name))
    if not parts:
        return pd.DataFrame(columns=["dataset", *SUMMARY_COLUMNS])
    whole = pd.concat(parts, ignore_index=True)
    return whole[["dataset", *whole.columns.drop("dataset")]]


def _without_models(trials: pd.DataFrame, evaluated: pd.DataFrame) -> pd.DataFrame:
    """The trials of the evaluated steps that gave no model: they failed or diverged."""
    steps = set(zip(evaluated["design"], evaluated["step"], strict=True))
    there = pd.MultiIndex.from_frame(trials[["design", "step"]]).isin(steps)
    return trials[there & (trials["status"] != "done")]
