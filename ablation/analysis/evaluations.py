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
        kept = results.trials[results.trials["status"] == "done"].drop(columns=["test_accuracy", "gap"])
        trials = kept.merge(rows[[*keys, "test_accuracy"]], on=keys)
        if trials.empty:
            continue
        trials["gap"] = trials["train_accuracy"] - trials["test_accuracy"]
        judged = summary(dataclasses.replace(results, trials=trials))
        parts.append(judged[judged["n"] > 0].assign(dataset=name))
    columns = ["dataset", *SUMMARY_COLUMNS]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
