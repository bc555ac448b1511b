import math
from itertools import permutations

import numpy as np
import pytest

from ablation.analysis.attribution import shapley
from ablation.analysis.cost import (
    points_per_gflop,
    points_per_minute,
    seconds_to_reach,
    separable_front,
    time_factor,
)


def test_the_front_takes_only_steps_up_that_all_seeds_agree_on():
    cost = np.array([1, 1, 2, 3, 4, np.nan])
    seeds = np.array([-0.01, 0.0, 0.01])
    accuracy = np.array([0.5 + seeds, 0.6 + seeds, 0.6 - seeds, 0.8 + seeds, 0.7 + seeds, 0.9 + seeds])
    accuracy[2] += 0.005  # more accurate on average than what costs less, but not at every seed
    assert separable_front(cost, accuracy).tolist() == [False, True, False, True, False, False]


def test_a_seed_that_is_missing_is_left_out_and_one_seed_shows_nothing():
    accuracy = np.array([[0.5, 0.52, 0.49], [0.7, np.nan, 0.71], [0.9, np.nan, np.nan]])
    assert separable_front(np.array([1.0, 2.0, 3.0]), accuracy).tolist() == [True, True, False]
    assert separable_front(np.array([1.0, 2.0]), np.array([[0.5], [0.9]])).tolist() == [True, False]
    assert not separable_front(np.array([1.0]), np.array([[np.nan]])).any()


def test_noise_alone_seldom_makes_a_front():
    generator = np.random.default_rng(0)
    lengths = [separable_front(np.arange(2.0), generator.normal(0, 1, (2, 3))).sum() for _ in range(2000)]
    assert np.mean(np.array(lengths) > 1) < 0.04


def test_seconds_to_reach_counts_whole_epochs_and_says_never():
    accuracy, seconds = np.array([0.1, 0.5, 0.4, 0.6]), np.array([3.0, 2.0, 2.0, 2.0])
    assert seconds_to_reach(0.5, accuracy, seconds) == 5
    assert seconds_to_reach(0.55, accuracy, seconds) == 9
    assert math.isnan(seconds_to_reach(0.7, accuracy, seconds))


def test_points_per_gflop():
    assert points_per_gflop(0.02, 1.5e9, 1e9) == pytest.approx(4)
    assert math.isnan(points_per_gflop(0.02, 1e9, 1e9))


def test_the_time_factor_is_that_of_the_same_seeds_and_half_is_as_far_from_one_as_twice():
    without = np.array([10.0, 20.0, 40.0])
    factor, low, high = time_factor(without * [1.0, 2.0, 4.0], without)
    assert factor == pytest.approx(2)
    # logarithms 0, log 2, 2 log 2: mean log 2, deviation log 2; t of 2 degrees at 97.5 % is 4.302653
    half = math.log(2) * 4.302653 / math.sqrt(3)
    assert (low, high) == pytest.approx((2 * math.exp(-half), 2 * math.exp(half)))
    assert time_factor(without, without * [1.0, 2.0, 4.0]) == pytest.approx((1 / 2, 1 / high, 1 / low))
    assert time_factor(without, without) == (1, 1, 1)


def test_without_pairs_there_is_no_time_factor_and_one_pair_has_no_interval():
    assert all(map(math.isnan, time_factor(np.array([]), np.array([]))))
    factor, *ends = time_factor(np.array([3.0]), np.array([2.0]))
    assert factor == pytest.approx(1.5) and all(map(math.isnan, ends))


def test_times_that_no_training_takes_end_no_report():
    without = np.array([0.0, 2.0, 3.0, 4.0])
    assert time_factor(np.array([5.0, 4.0, 6.0, 0.0]), without) == pytest.approx((2, 2, 2))
    assert time_factor(np.array([1e300, 1.0]), np.array([1e-300, 1.0]))[2] == math.inf


def test_points_per_minute_are_told_only_of_what_takes_longer_beyond_chance():
    without = np.array([60.0, 90.0, 120.0])
    assert points_per_minute(0.02, without * [1.49, 1.5, 1.51], without) == pytest.approx(2 / 0.75, rel=0.01)
    assert points_per_minute(-0.02, 2 * without, without) == pytest.approx(-2 / 1.5)
    assert math.isnan(points_per_minute(0.02, without * [0.8, 1.5, 1.51], without))
    assert math.isnan(points_per_minute(0.02, without / 2, without))
    assert math.isnan(points_per_minute(0.02, 2 * without[:1], without[:1]))


def worth(tricks):
    """A game of three tricks: a brings 10, b 4 (3 less beside a), and c 6 where b is."""
    return (
        10 * ("a" in tricks) + 4 * ("b" in tricks) - 3 * ({"a", "b"} <= tricks) + 6 * ({"b", "c"} <= tricks)
    )


def marginals(order):
    return [(trick, worth(set(order[: i + 1])) - worth(set(order[:i]))) for i, trick in enumerate(order)]


def of_trick(trick, orders, noise=0.0):
    """Marginals of a trick, shape (orders, seeds); each seed shifts all of its own by the same luck."""
    rows = [dict(marginals(order))[trick] for order in orders]
    return np.array(rows, float)[:, None] + np.atleast_1d(noise)


def test_shapley_over_every_order_gives_the_values_worked_by_hand():
    orders = list(permutations("abc"))
    found = {trick: shapley(of_trick(trick, orders, [0.0, 0.0])) for trick in "abc"}
    values = {trick: one.value for trick, one in found.items()}
    assert values == pytest.approx({"a": 10 - 1.5, "b": 4 - 1.5 + 3, "c": 3.0})
    assert sum(values.values()) == pytest.approx(worth({"a", "b", "c"}))
    assert {one.orders for one in found.values()} == {6}


def test_shapley_interval_covers_the_truth_as_often_as_it_says():
    generator, inside = np.random.default_rng(0), 0
    for _ in range(300):
        orders = [list(generator.permutation(list("abc"))) for _ in range(20)]
        found = shapley(of_trick("c", orders, generator.normal(0, 3, 4)))
        inside += found.low <= 3 <= found.high
    assert inside / 300 >= 0.9


def test_one_order_or_one_seed_has_no_error():
    orders = [["a", "b", "c"], ["c", "b", "a"]]
    one_order, one_seed = shapley(of_trick("b", orders[:1], [0.0, 1.0])), shapley(of_trick("b", orders))
    assert one_order.value == 1.5 and one_seed.value == pytest.approx((1 + 10) / 2)
    assert all(math.isnan(one.error) and math.isnan(one.low) for one in (one_order, one_seed))
    assert math.isnan(shapley(np.empty((2, 0))).value)
