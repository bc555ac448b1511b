"""List the verdicts of the reference runs that are not what they were at an earlier commit.

python tests/changed_verdicts.py COMMIT > results/reference/statistics/verdicts.md
"""

import argparse
import io
import subprocess
from collections import Counter
from pathlib import Path

import pandas as pd

from ablation.analysis.verdicts import CHANCE, written

REFERENCE = Path("results/reference")


def table(text: str) -> pd.DataFrame:
    """The comparisons of a `summary.csv` that have two pairs of seeds or more, by design and step."""
    found = pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])
    found = found[(found["pairs"] > 1) & found["verdict"].notna()]
    found = found.assign(
        kind=found["verdict_kind"]
        if "verdict_kind" in found
        else [written(one).kind for one in found["verdict"]]
    )
    return found[found["kind"] != CHANCE].set_index(["design", "step"])[["pairs", "verdict", "kind"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    commit = parser.parse_args().commit
    rows, counts = [], {"before": Counter(), "now": Counter()}
    for file in sorted(REFERENCE.glob("*/*/summary.csv")):
        shown = subprocess.run(
            ["git", "show", f"{commit}:{file}"], capture_output=True, text=True, check=False
        )
        if shown.returncode:
            continue
        before, now = table(shown.stdout), table(file.read_text(encoding="utf-8"))
        both = now.join(before.add_suffix("_before"), how="inner")
        counts["before"].update(both["kind_before"])
        counts["now"].update(both["kind"])
        run = file.parent.relative_to(REFERENCE)
        rows += [
            f"| {run} | {design} | {step} | {row.pairs} | {row.verdict_before} | {row.verdict} |"
            for (design, step), row in both[both["kind_before"] != both["kind"]].iterrows()
        ]
    print(f"# Verdicts that changed since {commit}\n")
    for when, kinds in counts.items():
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        print(f"- {when}, of {kinds.total()} comparisons: {told}")
    print("\n| run | design | step | n | before | now |\n|---|---|---|--:|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
