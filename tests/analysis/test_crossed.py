import numpy as np
import pytest
from scipy import stats

from ablation.analysis.crossed import crossed_mean
from ablation.analysis.intervals import estimate

generator = np.random.default_rng


def test_by_hand():
    """Two orders and two seeds: MS of orders 16, of seeds 1, of the rest 0 (the table is additive)."""
    found = crossed_mean(np.array([[1.0, 2.0], [5.0, 6.0]]))
    assert found.mean == 3.5
    assert found.error == pytest.approx((17 / 4) ** 0.5)
    assert found.degrees == pytest.approx(17**2 / (16**2 + 1**2))
    assert found.high - found.mean == pytest.approx(stats.t.ppf(0.975, 289 / 257) * (17 / 4) ** 0.5)


def test_the_mean_squares_are_those_of_a_two_way_analysis_of_variance():
    """statsmodels' table of the same cells."""
    import pandas as pd
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    draw = generator(0)
    table = draw.normal(size=(5, 1)) + draw.normal(size=(1, 4)) + 0.3 * draw.normal(size=(5, 4))
    cells = pd.DataFrame(
        [(order, seed, table[order, seed]) for order in range(5) for seed in range(4)],
        columns=["order", "seed", "value"],
    )
    squares = anova_lm(ols("value ~ C(order) + C(seed)", cells).fit())
    by_order, by_seed, rest = squares["mean_sq"]
    found = crossed_mean(table)
    assert found.error == pytest.approx(((by_order + by_seed - rest) / 20) ** 0.5)
    assert found.degrees == pytest.approx(
        (by_order + by_seed - rest) ** 2 / (by_order**2 / 4 + by_seed**2 / 3 + rest**2 / 12)
    )


def test_seeds_that_agree_leave_the_interval_over_orders():
    orders = generator(1).normal(size=6)
    found, alone = crossed_mean(np.tile(orders[:, None], (1, 3))), estimate(orders)
    assert (found.low, found.high, found.degrees) == (pytest.approx(alone.low), pytest.approx(alone.high), 5)
    swapped = crossed_mean(np.tile(orders[None], (3, 1)))
    assert (swapped.low, swapped.high) == (pytest.approx(alone.low), pytest.approx(alone.high))


def test_batches_and_what_cannot_be_told():
    tables = generator(2).normal(size=(3, 4, 5))
    found = crossed_mean(tables)
    assert found.low == pytest.approx([crossed_mean(one).low for one in tables])
    for single in (tables[:, :1], tables[:, :, :1]):
        lacking = crossed_mean(single)
        assert lacking.mean == pytest.approx(single.mean((1, 2)))
        assert np.isnan([lacking.low, lacking.high, lacking.error, lacking.degrees]).all()
    for wrong in (np.array([[np.nan, 1.0]]), np.zeros(3), np.zeros((0, 3))):
        with pytest.raises(ValueError, match="orders, seeds"):
            crossed_mean(wrong)
    still = crossed_mean(np.full((3, 3), 0.5))
    assert (still.low, still.high, still.error) == (0.5, 0.5, 0.0)


@pytest.mark.parametrize(("by_order", "by_seed", "rest"), [(1, 1, 1), (0.3, 1, 0.3), (1, 0, 0.3)])
def test_the_interval_covers_where_the_one_over_orders_alone_does_not(by_order, by_seed, rest):
    draw = generator(3)
    tables = (
        by_order * draw.normal(size=(4000, 10, 1))
        + by_seed * draw.normal(size=(4000, 1, 5))
        + rest * draw.normal(size=(4000, 10, 5))
    )
    found = crossed_mean(tables)
    assert 0.92 < ((found.low <= 0) & (found.high >= 0)).mean() < 0.98
    means = tables.mean(-1)
    half = stats.t.ppf(0.975, 9) * means.std(-1, ddof=1) / 10**0.5
    alone = (np.abs(means.mean(-1)) <= half).mean()
    assert (alone < 0.9) == (by_seed > 0)
