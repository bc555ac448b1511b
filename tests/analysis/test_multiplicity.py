import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from ablation.analysis.multiplicity import benjamini_hochberg, holm, holm_divisor

generator = np.random.default_rng


@pytest.mark.parametrize(("ours", "method"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
def test_agrees_with_statsmodels_row_by_row(ours, method):
    p_values = generator(0).uniform(0, 0.2, (20, 9))
    for row, adjusted in zip(p_values, ours(p_values), strict=True):
        assert adjusted == pytest.approx(multipletests(row, method=method)[1], abs=1e-12)


def test_by_hand_and_untestable_comparisons_stay_out_of_the_family():
    p_values = np.array([0.01, np.nan, 0.04, 0.03])
    assert holm(p_values) == pytest.approx([0.03, np.nan, 0.06, 0.06], nan_ok=True)
    assert holm(p_values)[[0, 2, 3]] == pytest.approx(multipletests(p_values[[0, 2, 3]], method="holm")[1])
    assert benjamini_hochberg(p_values) == pytest.approx([0.03, np.nan, 0.04, 0.04], nan_ok=True)
    for correct in (holm, benjamini_hochberg):
        assert correct(np.array([])).shape == (0,)
        assert np.isnan(correct(np.full(3, np.nan))).all()


def test_the_divisor_by_hand():
    assert holm_divisor(np.array([0.001, 0.04, 0.02, 0.005, np.nan]), 0.05) == pytest.approx(
        [4, 1, 2, 3, np.nan], nan_ok=True
    ), "all four fall, one after the other"
    assert holm_divisor(np.array([0.001, 0.04, 0.03]), 0.05).tolist() == [3, 2, 2]


def test_the_divided_level_decides_as_the_corrected_p_value_does():
    p_values = generator(1).uniform(0, 0.1, (500, 6)) ** 1.5
    rejected = holm(p_values) < 0.05
    assert 0.1 < rejected.mean() < 0.9
    assert ((p_values < 0.05 / holm_divisor(p_values, 0.05)) == rejected).all()


def test_the_false_discovery_rate_is_kept_where_most_studies_find_nothing():
    draw = generator(2)
    p_values = draw.uniform(size=(4000, 20))
    p_values[:, :5] = draw.uniform(0, 0.002, (4000, 5))
    called = benjamini_hochberg(p_values) < 0.05
    false = called[:, 5:].sum(1) / np.maximum(called.sum(1), 1)
    assert 0.03 < false.mean() < 0.05
