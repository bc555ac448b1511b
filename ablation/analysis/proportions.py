"""Shares of seeds, and intervals of figures that cannot leave a range."""

import numpy as np


def compare_counts(learned: int, seeds: int, base_learned: int, base_seeds: int) -> float:
    """Exact two-sided p-value of "step and base leave chance equally often" (Boschloo 1970).

    Seeds are paired, and McNemar's exact test is the one that holds under every kind of pairing. It looks at the
    discordant seeds only and cannot fall under 0.05 with fewer than six of them: five of five against none of five
    is no finding to it. Boschloo's takes the trials as independent. A shared seed can only make step and base more
    alike (the same first weights, the same order of images), and with such pairs the difference of two counts
    strays less than that of independent ones: enumerated over all tables of 3, 5 and 10 pairs with any positive
    association its error stays under the level. It is also never weaker than Fisher's test.

    Args:
        learned: seeds of the step that left chance, 0 to `seeds`.
        seeds: of the step, >= 1.
        base_learned, base_seeds: the same of the base.

    Raises:
        ValueError: a count is out of its range.
    """
    for count, total in ((learned, seeds), (base_learned, base_seeds)):
        if total < 1 or not 0 <= count <= total:
            raise ValueError(f"expected 0 to n of n >= 1 seeds. Received: {count} of {total}")
    if learned / seeds == base_learned / base_seeds:
        return 1.0
    from scipy import stats  # takes longer to import than most reports to compute

    table = [[learned, base_learned], [seeds - learned, base_seeds - base_learned]]
    return min(float(stats.boschloo_exact(table).pvalue), 1.0)


def clip_interval(
    low: np.ndarray | float, high: np.ndarray | float, smallest: float = 0.0, largest: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Cut an interval to the range that the true mean is known to lie in.

    Cutting takes away impossible values only: the interval covers exactly as often as before and still belongs to
    the t-test beside it. A logit transform would give an interval of another quantity (the mean of the logits,
    which for seeds at 10 % and at 60 % is far from the mean accuracy), is infinite at 0 and 1, and would not agree
    with the test.

    Args:
        low, high: of any shape; NaN stays NaN.
        smallest, largest: 0 and 1 for an accuracy, -1 and 1 for a gap or a difference.
    """
    return np.clip(low, smallest, largest), np.clip(high, smallest, largest)
