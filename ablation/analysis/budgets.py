"""Each step's effect by number of epochs."""

from dataclasses import replace

import pandas as pd

from ablation.analysis.steps import CONTROL, variant_of
from ablation.results.read import Results


def budgets(results: Results, table: pd.DataFrame) -> pd.DataFrame:
    """Each step's delta at every number of epochs that it was trained for.

    Args:
        table: `summary(results)`.

    Returns:
        design (without its epochs), step, epochs, delta, delta_ci_low, delta_ci_high, verdict, by design, step
        and epochs; empty where no design was run at more than one number of epochs.
    """
    shown = {
        (step["design"], step["step"]): (str(replace(variant_of(step), epochs=None)), step["epochs"])
        for step in results.manifest["steps"]
        if step["role"] != CONTROL and step["order"] is None and step["epochs"]
    }
    rows = []
    for row in table[table["pairs"] > 0].itertuples():
        if (row.design, row.step) in shown:
            design, epochs = shown[row.design, row.step]
            rows.append(
                (design, row.step, epochs, row.delta, row.delta_ci_low, row.delta_ci_high, row.verdict)
            )
    columns = ["design", "step", "epochs", "delta", "delta_ci_low", "delta_ci_high", "verdict"]
    found = pd.DataFrame(rows, columns=columns).drop_duplicates(["design", "step", "epochs"])
    several = found.groupby(["design", "step"])["epochs"].transform("nunique") > 1
    return found[several].reset_index(drop=True)
