"""A point follows from seed, stage and number; where the points fall."""

import sys

import numpy as np
import pytest
from scipy import stats

from ablation.errors import UserError
from ablation.search.samplers import points
from ablation.study.space import Choice, Range

SPACE = {
    "rate": Range("log", 1e-6, 1e-3),
    "size": Range("int", 1, 4),
    "how": Choice(("a", "b")),
}

pytest.importorskip("optuna")


def drawn(wanted: range, sampler: str = "random", seed: int = 0, stage: str = "coarse", told=()):
    return points(sampler, SPACE, wanted, 100, seed, stage, told)


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_point_depends_on_seed_stage_and_number_not_on_when_it_is_asked_for(sampler):
    whole = drawn(range(6), sampler)
    assert [point for number in range(6) for point in drawn(range(number, number + 1), sampler)] == whole
    assert len({point["rate"] for point in whole}) == 6
    others = drawn(range(6), sampler, seed=1) + drawn(range(6), sampler, stage="fine")
    assert not {point["rate"] for point in others} & {point["rate"] for point in whole}


def test_random_points_are_even_on_the_range_s_own_scale():
    found = drawn(range(100))
    places = [SPACE["rate"].place(point["rate"]) for point in found]
    assert stats.kstest(places, "uniform").pvalue > 0.01
    assert {point["size"] for point in found} == {1, 2, 3, 4}
    assert {point["how"] for point in found} == {"a", "b"}


def test_tpe_comes_nearer_than_random():
    """Of a smooth hill over the logarithm, with the same numbers of trials."""

    def score(point) -> float:
        return -abs(np.log10(point["rate"]) + 4.2) - (point["how"] == "a")

    def found(sampler: str, seed: int) -> float:
        told: list = []
        for number in range(20):
            (point,) = drawn(range(number, number + 1), sampler, seed, told=told)
            told.append((point, score(point)))
        return float(np.mean([value for _, value in told[10:]]))

    gains = [found("tpe", seed) - found("random", seed) for seed in range(4)]
    assert min(gains) > 0


def test_a_grid_asked_for_in_parts_is_the_grid():
    parts = [point for number in range(0, 16, 4) for point in drawn(range(number, number + 4), "grid")]
    assert parts == drawn(range(16), "grid")


def test_without_optuna_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UserError, match=r"pip install -e '.\[tune\]'"):
        drawn(range(1))
    assert len(drawn(range(16), "grid")) == 16
