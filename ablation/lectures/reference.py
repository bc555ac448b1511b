"""What the committed reference runs in `results/reference/` measured for a trick."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ablation.analysis.pooling import Pooled, pool
from ablation.analysis.steps import LEFT_OUT
from ablation.analysis.verdicts import written
from ablation.places import REFERENCE
from ablation.results.manifest import upgraded
from ablation.wording import difference, points


def measured(trick: str, folder: Path = REFERENCE) -> Iterator[str]:
    """What each reference run says of a trick, and what all of them say together, in points of test accuracy.

    One line for each step that adds (or leaves out) this trick alone, over its base; a last one pools the runs that add
    it (`analysis.pooling`), where there are two or more.
    """
    means, errors = [], []
    for file in sorted(folder.glob("*/*/summary.csv")):
        manifest = upgraded(json.loads((file.parent / "manifest.json").read_text(encoding="utf-8")))
        alone = {
            (step["design"], step["step"]): step
            for step in manifest["steps"]
            if [use["name"] for use in step["tricks"]] == [trick]
        }
        for row in pd.read_csv(file).to_dict("records"):
            step = alone.get((row["design"], row["step"]))
            if step is None or pd.isna(row["verdict"]):
                continue
            left_out = step["role"] == LEFT_OUT
            if not left_out and row.get("deviation", 0) > 0:
                means.append(row["delta"])
                errors.append(row["deviation"] / math.sqrt(row["pairs"]))
            yield (
                f"{file.parent.parent.name} {file.parent.name}, {row['design']}, n = {row['n']}: "
                f"{'leaving it out ' if left_out else ''}"
                f"{difference(row['delta'], row['delta_ci_low'], row['delta_ci_high'])} points, "
                f"{written(row['verdict']).words}"
            )
    if len(means) > 1:
        yield _together(pool(np.array(means), np.array(errors)))


def _together(all_runs: Pooled) -> str:
    return (
        f"all {all_runs.runs} runs that add it together: "
        f"{difference(all_runs.mean, all_runs.low, all_runs.high)} points "
        f"(random-effects mean; single runs from {points(all_runs.smallest)} to {points(all_runs.largest)})"
    )
