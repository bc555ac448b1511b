import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW

from ablation.analysis.intervals import bootstrap_interval, estimate, noise_floor, smallest_p
from ablation.analysis.judgement import judge
from ablation.analysis.moderation import estimates
from ablation.analysis.multiplicity import holm
from ablation.analysis.verdicts import HELPS, HURTS

generator = np.random.default_rng


@pytest.mark.parametrize("n", [2, 3, 5, 10, 200])
def test_estimate_agrees_with_scipy_and_statsmodels(n):
    step, base = generator(n).normal(0.7, 0.01, n), generator(n + 1).normal(0.69, 0.02, n)
    found = estimate(step - base)
    assert found.p == pytest.approx(stats.ttest_rel(step, base).pvalue, abs=1e-10)
    assert (found.low, found.high) == pytest.approx(DescrStatsW(step - base).tconfint_mean(), abs=1e-10)


def test_estimate_by_hand():
    found = estimate(np.array([0.01, 0.02, 0.03]))
    assert (found.n, found.mean, found.deviation) == (3, pytest.approx(0.02), pytest.approx(0.01))
    assert found.high - found.mean == pytest.approx(4.302652729911275 * 0.01 / 3**0.5)


def test_one_seed_has_no_interval_and_none_has_no_mean():
    one, none = estimate(np.array([0.1])), estimate(np.array([]))
    assert one.mean == 0.1 and np.isnan([one.low, one.high, one.p, one.deviation]).all()
    assert none.n == 0 and np.isnan(none.mean)


def test_equal_differences_are_no_proof():
    found = estimate(np.full(3, 0.1))
    assert (found.low, found.high) == (pytest.approx(0.1), pytest.approx(0.1))
    assert found.p == 0.25
    assert estimate(np.zeros(5)).p == 1


@pytest.mark.parametrize("seed", range(5))
def test_holm_agrees_with_statsmodels(seed):
    p_values = generator(seed).uniform(0, 0.1, 8)
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-10)


def test_holm_by_hand_and_untestable_comparisons_stay_out_of_the_family():
    assert holm(np.array([0.01, np.nan, 0.04, 0.03])) == pytest.approx(
        [0.03, np.nan, 0.06, 0.06], nan_ok=True
    )
    assert len(holm(np.array([]))) == 0


@pytest.mark.parametrize("n", [2, 3, 6])
def test_smallest_p_is_that_of_the_sign_flip_test(n):
    differences = np.arange(1.0, n + 1)
    flipped = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert smallest_p(n) == pytest.approx(flipped.pvalue)


def test_bootstrap_repeats_and_agrees_with_a_loop():
    values = generator(0).normal(0.02, 0.01, 8)
    found = bootstrap_interval(values, generator(3), draws=500)
    assert found == bootstrap_interval(values, generator(3), draws=500)
    picks, studentised = generator(3).integers(0, 8, (500, 8)), []
    for pick in picks:
        sample = [values[i] for i in pick]
        studentised.append((np.mean(sample) - np.mean(values)) / stats.sem(sample))
    low, high = np.percentile(studentised, [2.5, 97.5])
    error = stats.sem(values)
    assert found == pytest.approx((values.mean() - high * error, values.mean() - low * error), abs=1e-10)


def test_bootstrap_says_nothing_where_it_cannot():
    assert np.isnan(bootstrap_interval(np.array([0.1, 0.2, 0.3, 0.4]), generator(0))).all()
    assert bootstrap_interval(np.full(6, 0.5), generator(0)) == (0.5, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 10])
def test_intervals_cover_as_often_as_they_say(n):
    studies = generator(n).normal(0.02, 0.01, (2000, n))
    by_t = [found.low <= 0.02 <= found.high for found in map(estimate, studies)]
    ends = [bootstrap_interval(study, generator(0), draws=1000) for study in studies]
    assert 0.93 <= np.mean(by_t) <= 0.97
    assert 0.93 <= np.mean([low <= 0.02 <= high for low, high in ends]) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5])
def test_studies_without_effect_rarely_claim_one(n):
    seeds = generator(n).normal(0.7, 0.01, (2000, 8, n))
    false_alarms = 0
    for rungs in seeds:
        _, deltas = estimates([rungs[i] - rungs[i - 1] for i in range(1, 8)])
        false_alarms += any(one.verdict in (HELPS, HURTS) for one in judge(deltas))
    assert false_alarms / 2000 <= 0.06


def test_noise_floor_holds_nineteen_of_twenty_further_no_ops():
    controls, others = generator(0).normal(0, 0.01, (2, 4000, 5))
    inside = [abs(other.mean()) <= noise_floor(one) for one, other in zip(controls, others, strict=True)]
    assert 0.94 <= np.mean(inside) <= 0.96
    assert noise_floor(np.array([0.01, -0.01])) == pytest.approx(4.302652729911275 * 0.01 / 2**0.5)
