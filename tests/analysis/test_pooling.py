import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from ablation.analysis.pooling import pool

generator = np.random.default_rng


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_statsmodels_paule_mandel_and_hartung_knapp(seed):
    draw = generator(seed)
    errors = draw.uniform(0.2, 1, 7)
    means = 2 + 3 * draw.normal(size=7) + errors * draw.normal(size=7)
    theirs = combine_effects(means, errors**2, method_re="iterated", use_t=True, atol=1e-7)
    found = pool(means, errors)
    assert found.tau > 0
    assert found.tau**2 == pytest.approx(theirs.tau2, rel=1e-5)
    assert found.mean == pytest.approx(theirs.mean_effect_re, rel=1e-5)
    half = stats.t.ppf(0.975, 6) * theirs.sd_eff_w_re_hksj
    assert found.high - found.mean == pytest.approx(half, rel=1e-5)
    assert (found.runs, found.smallest, found.largest) == (7, means.min(), means.max())


def test_runs_that_agree_pool_by_their_precision():
    """Weights 100 and 25: the mean is (1.0 x 100 + 1.1 x 25) / 125, its error 1 / sqrt(125)."""
    found = pool(np.array([1.0, 1.1]), np.array([0.1, 0.2]))
    assert found.tau == 0
    assert found.mean == pytest.approx(1.02)
    assert found.high - found.mean == pytest.approx(stats.t.ppf(0.975, 1) / 125**0.5)


def test_equal_errors_by_hand():
    """Means 0 and 2 of error 0.1: variance 2 between them, less 0.01."""
    found = pool(np.array([0.0, 2.0]), np.array([0.1, 0.1]))
    assert found.tau == pytest.approx(1.99**0.5)
    assert found.high - found.mean == pytest.approx(stats.t.ppf(0.975, 1))


def test_one_run_does_not_tell_how_runs_differ():
    found = pool(np.array([0.6]), np.array([0.1]))
    assert (found.runs, found.mean) == (1, 0.6)
    assert np.isnan([found.low, found.high, found.tau]).all()


@pytest.mark.parametrize(
    ("means", "errors", "word"),
    [([], [], "means"), ([1.0, np.nan], [1.0, 1.0], "means"), ([1.0, 2.0], [1.0], "means"),
     ([1.0, 2.0], [1.0, 0.0], "positive"), ([1.0, 2.0], [1.0, np.nan], "positive")],
)  # fmt: skip
def test_what_cannot_be_pooled_is_refused(means, errors, word):
    with pytest.raises(ValueError, match=word):
        pool(np.array(means), np.array(errors))


@pytest.mark.parametrize("tau", [0.0, 1.0])
def test_the_interval_covers(tau):
    draw = generator(9)
    covered = []
    for _ in range(600):
        errors = draw.uniform(0.3, 1, 6)
        found = pool(tau * draw.normal(size=6) + errors * draw.normal(size=6), errors)
        covered.append(found.low <= 0 <= found.high)
    assert 0.92 < np.mean(covered) < 0.995
