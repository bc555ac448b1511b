import math
from itertools import permutations

import numpy as np
import pytest

from ablation.analysis.attribution import shapley
from ablation.analysis.cost import pareto_front, points_per_gflop, seconds_to_reach


def test_pareto_front_by_hand():
    cost = np.array([1, 1, 2, 3, 3, 4, np.nan])
    accuracy = np.array([0.5, 0.6, 0.6, 0.8, 0.8, 0.7, 0.9])
    assert pareto_front(cost, accuracy).tolist() == [False, True, False, True, True, False, False]


@pytest.mark.parametrize("seed", range(5))
def test_pareto_front_agrees_with_its_definition(seed):
    cost, accuracy = np.random.default_rng(seed).integers(0, 6, (2, 20))
    front = pareto_front(cost.astype(float), accuracy.astype(float))
    for i in range(20):
        beaten = any(
            cost[j] <= cost[i]
            and accuracy[j] >= accuracy[i]
            and (cost[j], accuracy[j]) != (cost[i], accuracy[i])
            for j in range(20)
        )
        assert front[i] == (not beaten)


def test_seconds_to_reach_counts_whole_epochs_and_says_never():
    accuracy, seconds = np.array([0.1, 0.5, 0.4, 0.6]), np.array([3.0, 2.0, 2.0, 2.0])
    assert seconds_to_reach(0.5, accuracy, seconds) == 5
    assert seconds_to_reach(0.55, accuracy, seconds) == 9
    assert math.isnan(seconds_to_reach(0.7, accuracy, seconds))


def test_points_per_gflop():
    assert points_per_gflop(0.02, 1.5e9, 1e9) == pytest.approx(4)
    assert math.isnan(points_per_gflop(0.02, 1e9, 1e9))


def worth(tricks):
    """A game of three tricks: a brings 10, b 4 (3 less beside a), and c 6 where b is."""
    return (
        10 * ("a" in tricks) + 4 * ("b" in tricks) - 3 * ({"a", "b"} <= tricks) + 6 * ({"b", "c"} <= tricks)
    )


def marginals(order):
    return [(trick, worth(set(order[: i + 1])) - worth(set(order[:i]))) for i, trick in enumerate(order)]


def test_shapley_over_every_order_gives_the_values_worked_by_hand():
    table = shapley([one for order in permutations("abc") for one in marginals(order)]).set_index("trick")
    assert table["value"].to_dict() == pytest.approx({"a": 10 - 1.5, "b": 4 - 1.5 + 3, "c": 3.0})
    assert table["value"].sum() == pytest.approx(worth({"a", "b", "c"}))
    assert (table["orders"] == 6).all()


def test_shapley_interval_covers_the_truth_as_often_as_it_says():
    generator, inside = np.random.default_rng(0), 0
    for _ in range(300):
        orders = [generator.permutation(list("abc")) for _ in range(20)]
        row = shapley([one for order in orders for one in marginals(list(order))]).set_index("trick").loc["c"]
        inside += row["low"] <= 3 <= row["high"]
    assert inside / 300 >= 0.9


def test_one_order_has_no_error():
    table = shapley(marginals(["a", "b", "c"]))
    assert table["error"].isna().all() and table["value"].tolist() == [10, 1, 6]
