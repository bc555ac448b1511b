"""What each design says each trick adds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import factorial, isnan, nan
from typing import Any

import numpy as np
import pandas as pd

from ablation.analysis.attribution import shapley
from ablation.analysis.intervals import estimate
from ablation.analysis.pairs import paired
from ablation.analysis.steps import ADDED, CONTROL, LEFT_OUT, steps_of
from ablation.results.read import Results


def contributions(results: Results) -> pd.DataFrame:
    """What each design says each trick adds to the test accuracy.

    Leaving a trick out is read backwards (what its absence costs), several orders of the ladder give Shapley values,
    whose interval is over the orders sampled.

    Returns:
        A row a design and trick: design, trick, n (pairs of seeds, or orders), value, low, high (fractions),
        error (Monte-Carlo standard error of a Shapley value; NaN for other designs).

    Raises:
        UserError: no trial of the folder is done.
    """
    steps, names = steps_of(results), _titles(results.manifest)
    rows: list[tuple[str, str, int, float, float, float, float]] = []
    marginals: dict[str, list[tuple[str, float]]] = {}
    for step in steps.all:
        if steps.base(step) is None or step["role"] == CONTROL:
            continue
        change = step["change"] or step["step"]
        differences, name = paired(steps, step).differences, names.get(change, change.replace("_", " "))
        if step["order"] is not None:
            found = (name, float(np.mean(differences)) if len(differences) else nan)
            marginals.setdefault(step["design"], []).append(found)
            continue
        delta = estimate(-differences if step["role"] == LEFT_OUT else differences)
        if delta.n:
            rows.append((step["design"], name, delta.n, delta.mean, delta.low, delta.high, nan))
    rows += [
        (design, row.trick, row.orders, row.value, row.low, row.high, row.error)
        for design, values in marginals.items()
        for row in shapley(values, every=every_order(values)).itertuples()
    ]
    return pd.DataFrame(rows, columns=["design", "trick", "n", "value", "low", "high", "error"])


def every_order(marginals: Sequence[tuple[str, float]]) -> bool:
    """Whether as many orders were measured as their tricks can be put in; orders are drawn without repetition."""
    times = Counter(name for name, value in marginals if not isnan(value))
    tricks = {name for name, _ in marginals}
    return min((times[name] for name in tricks), default=0) >= factorial(min(len(tricks), 20))


def _titles(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What the ladder's steps are called: as the study says, or where one was run, as that says."""
    ladder = manifest["study"].get("ladder")
    titles = {
        one["step"]: str(one["title"])
        for one in (ladder if isinstance(ladder, list) else [])
        if isinstance(one, dict) and isinstance(one.get("step"), str) and one.get("title")
    }
    for step in manifest["steps"]:
        if step["role"] == ADDED and step["order"] is None and step["title"]:
            titles.setdefault(step["step"], step["title"])
    return titles
