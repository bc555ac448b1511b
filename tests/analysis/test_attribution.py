"""Shapley values from sampled orders, against the exact ones."""

from itertools import combinations, permutations
from math import factorial

import numpy as np
import pytest

from ablation.analysis.attribution import shapley
from ablation.study import draw_orders

PLAYERS = range(5)


def game(seed):
    """A value for every set of players: their own values, and pairs that help or hinder each other."""
    rng = np.random.default_rng(seed)
    own, pair = rng.normal(0.03, 0.02, 5), rng.normal(0, 0.01, (5, 5))

    def value(players):
        return sum(own[i] for i in players) + sum(pair[i, j] for i, j in combinations(sorted(players), 2))

    return value


def exact(value):
    """Shapley 1953: the weighted sum over all sets without the player."""
    found = []
    for player in PLAYERS:
        others = [other for other in PLAYERS if other != player]
        found.append(
            sum(
                factorial(size)
                * factorial(4 - size)
                / factorial(5)
                * (value((*below, player)) - value(below))
                for size in range(5)
                for below in combinations(others, size)
            )
        )
    return np.array(found)


def estimated(value, orders, luck):
    """The Shapley value of each player, seeds shifting every marginal of theirs by the same luck, shape (seeds,)."""
    places = [{player: order.index(player) for player in PLAYERS} for order in orders]
    return [
        shapley(
            np.array(
                [
                    value(order[: place[player] + 1]) - value(order[: place[player]])
                    for order, place in zip(orders, places, strict=True)
                ]
            )[:, None]
            + luck
        )
        for player in PLAYERS
    ]


def test_all_orders_give_the_exact_values():
    value = game(0)
    found = [one.value for one in estimated(value, list(permutations(PLAYERS)), np.zeros(2))]
    assert found == pytest.approx(exact(value), abs=1e-12)
    assert sum(found) == pytest.approx(value(PLAYERS), abs=1e-12), "they share out the whole gain"


@pytest.mark.slow
@pytest.mark.parametrize(("orders", "least"), [(4, 0.88), (10, 0.93)])
def test_sampled_orders_miss_by_as_much_as_their_error_says(orders, least):
    """Over 400 draws of the design's own orders and of four seeds: mean square error, and the interval's coverage."""
    value, generator = game(1), np.random.default_rng(1)
    truth, misses, errors, covered = exact(value), [], [], []
    for seed in range(400):
        drawn = draw_orders(PLAYERS, orders, seed, lambda below, item: True)
        found = estimated(value, drawn, generator.normal(0, 0.005, 4))
        misses.append([one.value - true for one, true in zip(found, truth, strict=True)])
        errors.append([one.error**2 for one in found])
        covered.append([one.low <= true <= one.high for one, true in zip(found, truth, strict=True)])
    assert np.mean(np.square(misses)) == pytest.approx(np.mean(errors), rel=0.2)
    assert least <= np.mean(covered) <= 0.98
