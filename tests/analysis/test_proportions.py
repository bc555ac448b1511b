from math import comb

import numpy as np
import pytest
from scipy import stats

from ablation.analysis.proportions import clip_interval, compare_counts


def test_by_hand_and_against_fisher():
    """Three of three against none of three: (1/2)^6 on either side, at the chance of one half that is worst."""
    assert compare_counts(3, 3, 0, 3) == pytest.approx(2 / 64)
    assert compare_counts(0, 3, 3, 3) == pytest.approx(2 / 64)
    assert compare_counts(5, 5, 0, 5) == pytest.approx(2 / 1024)
    for learned, base in ((2, 0), (3, 1), (5, 1), (4, 2)):
        fisher = stats.fisher_exact([[learned, base], [5 - learned, 5 - base]]).pvalue
        assert compare_counts(learned, 5, base, 5) <= fisher


def test_equal_shares_are_no_difference():
    assert compare_counts(2, 3, 2, 3) == compare_counts(3, 3, 5, 5) == compare_counts(0, 3, 0, 4) == 1


@pytest.mark.parametrize("counts", [(4, 3, 0, 3), (-1, 3, 0, 3), (0, 0, 0, 3), (1, 3, 4, 3)])
def test_counts_out_of_range_are_refused(counts):
    with pytest.raises(ValueError, match="seeds"):
        compare_counts(*counts)


@pytest.mark.parametrize("pairs", [3, 5])
def test_the_error_is_kept_for_seeds_that_make_both_alike(pairs):
    """All tables of paired outcomes, under chances of learning and positive associations from none to full."""
    p = np.array(
        [[compare_counts(one, pairs, two, pairs) for two in range(pairs + 1)] for one in range(pairs + 1)]
    )
    assert (p <= 0.05).any()
    tables = [
        (both, step, base)
        for both in range(pairs + 1)
        for step in range(pairs + 1 - both)
        for base in range(pairs + 1 - both - step)
    ]

    def error(chance, association):
        apart = chance * (1 - chance) * (1 - association)
        both, neither = chance - apart, 1 - chance - apart
        return sum(
            comb(pairs, b) * comb(pairs - b, s) * comb(pairs - b - s, o)
            * both**b * apart ** (s + o) * neither ** (pairs - b - s - o)
            for b, s, o in tables
            if p[b + s, b + o] <= 0.05
        )  # fmt: skip

    worst = {
        association: max(error(chance, association) for chance in np.linspace(0.02, 0.98, 25))
        for association in (-0.5, 0.0, 0.25, 0.5, 0.75)
    }
    assert all(rate <= 0.05 for association, rate in worst.items() if association >= 0)
    assert worst[-0.5] > worst[0.0] > worst[0.5], "it is the association that keeps it"


def test_intervals_are_cut_to_their_range_and_unknown_ones_stay():
    low, high = clip_interval(np.array([-0.1, 0.2, np.nan]), np.array([0.3, 1.2, np.nan]))
    assert low == pytest.approx([0, 0.2, np.nan], nan_ok=True)
    assert high == pytest.approx([0.3, 1.0, np.nan], nan_ok=True)
    assert clip_interval(-1.4, 0.5, -1.0) == (-1.0, 0.5)
