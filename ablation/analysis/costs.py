"""What each step's accuracy, or whatever else decides the verdicts, costs."""

from math import nan

import numpy as np
import pandas as pd

from ablation.analysis.cost import seconds_to_reach, separable_front
from ablation.analysis.measured import primary
from ablation.analysis.steps import steps_of
from ablation.results.read import Results


def costs(results: Results, table: pd.DataFrame) -> pd.DataFrame:
    """What each step's accuracy costs, row by row as in `summary`.

    Args:
        table: `summary(results)`.

    Returns:
        design, step, measure_mean (of the primary measure), train_seconds, flops_per_image, fastest and slowest
        (seconds of a trial), on_flops_front (`cost.separable_front` of the same design's steps),
        seconds_to_baseline (mean training time until the validation accuracy with which the design's first step ended,
        at the same seed), reached (seeds that got there).
    """
    measure = primary(results.manifest)
    better = 1 if measure.higher_is_better else -1
    columns = ["design", "step", "measure_mean", "train_seconds", "flops_per_image"]
    cost = table[columns].copy()
    steps = steps_of(results)
    places = [*zip(table["design"], table["step"], strict=True)]
    trials = [steps.trials({"design": design, "step": step}) for design, step in places]
    cost["fastest"] = [one["train_seconds"].min() for one in trials]
    cost["slowest"] = [one["train_seconds"].max() for one in trials]
    values = pd.DataFrame([one.set_index("seed")[measure.column] for one in trials]).to_numpy(float)
    cost["on_flops_front"] = False
    for _, group in cost[table["control"] == ""].groupby("design"):
        flops_of_group = group["flops_per_image"].to_numpy(float)
        rows = table.index.get_indexer(group.index)
        cost.loc[group.index, "on_flops_front"] = separable_front(flops_of_group, better * values[rows])
    times = _seconds_to_baseline(results)
    cost["seconds_to_baseline"], cost["reached"] = zip(
        *(times.get(one, (nan, 0)) for one in places), strict=True
    )
    return cost


def _seconds_to_baseline(results: Results) -> dict[tuple[str, str], tuple[float, int]]:
    """Per (design, step): the `seconds_to_baseline` and `reached` of `costs`."""
    steps = steps_of(results)
    curves = {name: rows.sort_values("epoch") for name, rows in results.epochs.groupby("config_hash")}
    found = {}
    for step in steps.all:
        final = {
            seed: curves[key]["val_accuracy"].iloc[-1]
            for seed, key in steps.hashes(steps.root(step)).items()
            if key in curves
        }
        times = [
            seconds_to_reach(
                final[seed], curves[key]["val_accuracy"].to_numpy(), curves[key]["seconds"].to_numpy()
            )
            for seed, key in steps.hashes(step).items()
            if seed in final and key in curves
        ]
        reached = [time for time in times if not np.isnan(time)]
        found[step["design"], step["step"]] = (float(np.mean(reached)) if reached else nan, len(reached))
    return found
