"""The honest and the lecture protocol side by side."""

from dataclasses import replace

import pandas as pd

from ablation.analysis.intervals import estimate
from ablation.analysis.steps import CONTROL, steps_of, variant_of
from ablation.results.read import Results

PROTOCOL_COLUMNS = (
    "design", "step", "n", "honest_test", "honest_best", "honest_last", "lecture_best", "lecture_last",
    "selection", "selection_low", "selection_high", "optimism", "optimism_low", "optimism_high",
)  # fmt: skip


def protocols(results: Results) -> pd.DataFrame:
    """The two protocols side by side, for the steps that were trained under both.

    Returns:
        A row a step: design (without its protocol), step, n (pairs of seeds), honest_test (accuracy on test
        images, looked at once), honest_best and honest_last (validation accuracy of the best and of the last
        epoch), lecture_best and lecture_last (test accuracy of the epoch that is best on test, and of the last),
        selection (best minus last, both lecture), optimism (lecture_best minus honest_test), each difference
        with _low and _high, its 95 % interval; all fractions.

    Raises:
        UserError: no trial of the folder is done.
    """
    steps = steps_of(results)
    figures = ["test_accuracy", "best_val_accuracy", "val_accuracy"]
    sides: dict[tuple[str, str], dict[str, pd.DataFrame]] = {}
    for step in steps.all:
        if step["role"] != CONTROL and step["order"] is None:
            place = (str(replace(variant_of(step), protocol=None)), step["step"])
            sides.setdefault(place, {})[step["protocol"]] = steps.trials(step).set_index("seed")[figures]
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
