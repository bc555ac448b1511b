"""What the committed reference runs in `results/reference/` measured for a trick, and what others published of it."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ablation.analysis.steps import LEFT_OUT
from ablation.analysis.verdicts import written
from ablation.lectures import effects
from ablation.places import REFERENCE
from ablation.wording import difference, factor, signed


def measured(trick: str, folder: Path = REFERENCE) -> Iterator[str]:
    """What each reference run says of a trick, and what all of them say together, in points of test accuracy; and by
    what factor it makes a training longer.

    One line for each step that adds (or leaves out) this trick alone, over its base; a last one pools them, one
    design a run (`effects.pooled`), where there are two or more.
    """
    for run, steps in effects.alone(trick, folder):
        judged = {(step["design"], step["step"]): step for step in steps}
        for row in run.table.to_dict("records"):
            step = judged.get((row["design"], row["step"]))
            if step is None or pd.isna(row["verdict"]):
                continue
            left_out = step["role"] == LEFT_OUT
            time = factor(*(row[f"time_factor{end}"] for end in ("", "_low", "_high")))
            yield (
                f"{run.folder.parent.name} {run.folder.name}, {row['design']}, n = {row['n']}: "
                f"{'leaving it out ' if left_out else ''}"
                f"{difference(row['delta'], row['delta_ci_low'], row['delta_ci_high'])} points, "
                f"{written(row['verdict']).words}; training time with it {time}"
            )
    together = effects.pooled(trick, folder)
    if together is not None and together.runs > 1:
        yield (
            f"{together.runs} comparisons together, of one design a run: "
            f"{difference(together.mean, together.low, together.high)} points "
            f"(random-effects mean; single ones from {signed(together.smallest)} to {signed(together.largest)})"
        )


def published(trick: str) -> Iterator[str]:
    """What others say of a trick, a line each: test accuracies without it and with it, or epochs to an accuracy."""
    for one in effects.published(trick):
        yield f"{one.what}, {one.network}, n: {one.n}: {one.before} → {one.after} % ({one.source})"
    if (length := effects.published_lengths().get(trick)) is not None:
        yield f"{length.network}, {length.told} ({length.source})"
