"""What the committed reference runs in `results/reference/` measured for a trick."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ablation.analysis.steps import LEFT_OUT
from ablation.analysis.verdicts import written
from ablation.places import REFERENCE
from ablation.results.manifest import upgraded
from ablation.wording import difference


def measured(trick: str, folder: Path = REFERENCE) -> Iterator[str]:
    """One line for each step that adds (or leaves out) this trick alone, over its base, in points of test accuracy."""
    for file in sorted(folder.glob("*/*/summary.csv")):
        manifest = upgraded(json.loads((file.parent / "manifest.json").read_text(encoding="utf-8")))
        alone = {
            (step["design"], step["step"]): step
            for step in manifest["steps"]
            if [use["name"] for use in step["tricks"]] == [trick]
        }
        for row in pd.read_csv(file).itertuples():
            if (row.design, row.step) in alone and pd.notna(row.verdict):
                left_out = alone[row.design, row.step]["role"] == LEFT_OUT
                change = "leaving it out " if left_out else ""
                verdict = written(row.verdict).words
                yield (
                    f"{file.parent.parent.name} {file.parent.name}, {row.design}, n = {row.n}: "
                    f"{change}{difference(row.delta, row.delta_ci_low, row.delta_ci_high)} points, {verdict}"
                )
