"""What each design says each trick adds."""

from collections.abc import Mapping
from math import factorial, nan

import numpy as np
import pandas as pd

from ablation.analysis.attribution import shapley
from ablation.analysis.intervals import opposite
from ablation.analysis.measured import judged, primary
from ablation.analysis.pairs import paired
from ablation.analysis.steps import CONTROL, LEFT_OUT, steps_of, titles
from ablation.results.read import Results

CONTRIBUTION_COLUMNS = ("design", "trick", "n", "value", "low", "high", "error", "every_order")


def contributions(results: Results) -> pd.DataFrame:
    """What each design says each trick adds to the primary measure, the test accuracy unless the study says otherwise.

    Leaving a trick out is read backwards (what its absence costs). Several orders of the ladder give Shapley values.

    Returns:
        A row a design and trick: design, trick, n (pairs of seeds, or orders), value, low, high (in its units; the
        interval that the verdict in `summary` rests on, or of a Shapley value over orders and seeds), error
        (standard error of a Shapley value; NaN for other designs), every_order (whether the orders are all that there
        are).

    Raises:
        UserError: no trial of the folder is done.
    """
    steps, names = steps_of(results), titles(results.manifest)
    measure = primary(results.manifest)
    compared = judged(results.manifest, steps, measure)
    rows: list[tuple[str, str, int, float, float, float, float, bool]] = []
    marginals: dict[str, list[tuple[str, dict[int, float]]]] = {}
    for step in steps.all:
        if steps.base(step) is None or step["role"] == CONTROL:
            continue
        change = step["change"] or step["step"]
        name = names.get(change, change.replace("_", " "))
        if step["order"] is not None:
            pairs = paired(steps, step, measure.column)
            by_seed = dict(zip(pairs.seeds, pairs.differences.tolist(), strict=True))
            marginals.setdefault(step["design"], []).append((name, by_seed))
            continue
        one = compared[step["design"], step["step"]]
        if not one.estimate.n:
            continue
        mean, low, high = one.estimate.mean, one.judgement.low, one.judgement.high
        if step["role"] == LEFT_OUT:
            mean, low, high = opposite(mean, low, high)
        rows.append((step["design"], name, one.estimate.n, mean, low, high, nan, False))
    for design, found in marginals.items():
        tables = {
            name: tuple(by_seed for other, by_seed in found if other == name)
            for name in dict.fromkeys(name for name, _ in found)
        }
        every = every_order({name: sum(map(bool, orders)) for name, orders in tables.items()})
        for name, orders in tables.items():
            value = shapley(_crossed(orders), every=every)
            rows.append((design, name, value.orders, value.value, value.low, value.high, value.error, every))
    return pd.DataFrame(rows, columns=list(CONTRIBUTION_COLUMNS))


def every_order(times: Mapping[str, int]) -> bool:
    """Whether as many orders were measured as their tricks can be put in; orders are drawn without repetition.

    Args:
        times: orders in which each trick was measured.
    """
    return min(times.values(), default=0) >= factorial(min(len(times), 20))


def _crossed(orders: tuple[dict[int, float], ...]) -> np.ndarray:
    """Marginals, shape (orders, seeds), of the orders that have pairs and the seeds that all of those share."""
    begun = [by_seed for by_seed in orders if by_seed]
    seeds = sorted(set.intersection(*(set(by_seed) for by_seed in begun))) if begun else []
    return np.array([[by_seed[seed] for seed in seeds] for by_seed in begun]).reshape(len(begun), len(seeds))
