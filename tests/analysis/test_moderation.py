import numpy as np
import pytest
from scipy import optimize, special, stats

from ablation.analysis.intervals import estimate
from ablation.analysis.moderation import (
    NO_PRIOR,
    Prior,
    estimates,
    fit_prior,
    interval,
    moderate,
    moments,
    p_values,
    pad,
)

generator = np.random.default_rng


def test_by_hand():
    """Two degrees of one's own at s = 1 and two borrowed ones at s0 = 3: s~^2 = (2 x 9 + 2 x 1) / 4 = 5."""
    prior, (found,) = estimates([np.array([1.0, 2.0, 3.0])], Prior(3.0, 2.0))
    assert prior == Prior(3.0, 2.0)
    assert (found.n, found.mean, found.degrees) == (3, 2.0, 4.0)
    assert found.deviation == pytest.approx(5**0.5)
    error = (5 / 3) ** 0.5
    assert found.high - found.mean == pytest.approx(stats.t.ppf(0.975, 4) * error)
    assert found.mean - found.narrow_low == pytest.approx(stats.t.ppf(0.95, 4) * error)
    assert found.p == pytest.approx(2 * stats.t.sf(2 / error, 4))


@pytest.mark.parametrize("n", [2, 3, 10])
def test_without_a_prior_it_is_the_paired_t_test(n):
    differences = [generator(seed).normal(0.02, 0.01, n) for seed in range(4)]
    _, found = estimates(differences, NO_PRIOR)
    for one, values in zip(found, differences, strict=True):
        plain = estimate(values)
        assert (one.mean, one.low, one.high, one.p, one.deviation) == pytest.approx(
            (plain.mean, plain.low, plain.high, plain.p, plain.deviation)
        )


def test_the_prior_is_limmas_formula_with_half_a_standard_error_against_it():
    """Smyth 2004, section 6.2, computed in a loop; the standard error of the variance of m values from its moments."""
    differences = [
        generator(seed).normal(0, 0.01 * 1.5**seed, n) for seed, n in enumerate((3, 3, 4, 5, 3, 8))
    ]
    e, noise, fourth = [], [], []
    for values in differences:
        d = len(values) - 1
        e.append(np.log(np.var(values, ddof=1)) - special.digamma(d / 2) + np.log(d / 2))
        noise.append(special.polygamma(1, d / 2))
        fourth.append(special.polygamma(3, d / 2))
    m = len(e)
    between = np.var(e, ddof=1) - np.mean(noise)
    error = (np.mean(fourth) / m + 2 * np.mean(noise) ** 2 / (m - 1)) ** 0.5
    doubt = max(between, 0) + 0.5 * error
    degrees = optimize.brentq(lambda d0: special.polygamma(1, d0 / 2) - doubt, 0.01, 1000)
    variance = max(np.exp(np.mean(e)), np.median([np.var(values, ddof=1) for values in differences]))
    prior, _ = estimates(differences)
    assert prior.degrees == pytest.approx(degrees, rel=1e-9)
    assert prior.deviation == pytest.approx(variance**0.5, rel=1e-9)


def test_the_standard_error_is_that_of_the_estimate():
    """Where all deviations are equal, trigamma(d0/2) is 0: the estimate strays from it as far as the text says."""
    found = moments(generator(0).normal(size=(20_000, 7, 3)))
    e = np.log(found.variance) - special.digamma(1) + np.log(1)
    stray = (e.var(-1, ddof=1) - special.polygamma(1, 1)).std()
    agreeing = fit_prior(moments(np.tile([-1.0, 0.0, 1.0], (7, 1))))
    assert special.polygamma(1, agreeing.degrees / 2) == pytest.approx(stray / 2, rel=0.03)


def test_more_comparisons_and_more_seeds_are_worth_more_degrees():
    degrees = {
        (m, n): np.median(fit_prior(moments(generator(m).normal(size=(500, m, n)))).degrees)
        for m in (7, 21)
        for n in (3, 10)
    }
    assert 3 < degrees[7, 3] < 5 < degrees[21, 3] < 8 < degrees[7, 10] < degrees[21, 10]
    unequal = generator(0).normal(size=(500, 21, 10)) * np.exp(generator(1).normal(size=(500, 21, 1)))
    assert np.median(fit_prior(moments(unequal)).degrees) < 2


def test_units_do_not_matter_and_the_order_of_comparisons_neither():
    differences = [generator(seed).normal(0.01, 0.01, 4) for seed in range(6)]
    prior, found = estimates(differences)
    hundred, inpoints = estimates([100 * one for one in reversed(differences)])
    assert hundred.degrees == pytest.approx(prior.degrees)
    assert hundred.deviation == pytest.approx(100 * prior.deviation)
    for one, other in zip(found, reversed(inpoints), strict=True):
        assert other.p == pytest.approx(one.p) and other.high == pytest.approx(100 * one.high)


def test_a_comparison_noisier_than_the_rest_borrows_nothing():
    """The 90 % point of F(2, infinity) is log 10: a deviation of 1.517 is the most that borrows from 1."""
    for scale, degrees in ((1.51, 4.0), (1.53, 2.0)):
        _, (found,) = estimates([np.array([-1.0, 0.0, 1.0]) * scale], Prior(1.0, 2.0))
        assert found.degrees == degrees
    _, (plain,) = estimates([np.array([-1.0, 0.0, 1.0]) * 8], Prior(1.0, 2.0))
    assert plain.deviation == pytest.approx(8)


def test_one_comparison_has_none_to_borrow_from_unless_a_prior_is_handed_in():
    values = np.array([0.01, 0.02, 0.04])
    prior, (alone,) = estimates([values])
    assert prior.degrees == 0 and np.isnan(prior.deviation)
    assert alone.p == pytest.approx(estimate(values).p)
    assert estimates([values], Prior(0.012, 3.0))[1][0].degrees == 5


def test_too_few_seeds_have_no_interval_and_do_not_touch_the_prior():
    differences = [np.array([0.01, 0.02, 0.04]), np.array([0.0, -0.01, 0.03])]
    prior, _ = estimates(differences)
    more, (_, one, none, _) = estimates([differences[0], np.array([0.5]), np.array([]), differences[1]])
    assert more == prior
    assert (one.n, one.mean, none.n) == (1, 0.5, 0) and np.isnan(none.mean)
    for lacking in (one, none):
        assert np.isnan([lacking.low, lacking.high, lacking.p, lacking.deviation, lacking.degrees]).all()
    assert estimates([])[1] == ()


def test_equal_differences_are_judged_by_the_prior():
    spread = [np.array([0.01, 0.02, 0.04]), np.array([0.0, -0.01, 0.03])]
    prior, (_, _, equal) = estimates([*spread, np.full(2, 0.1)])
    assert prior == estimates(spread)[0]
    assert equal.deviation == pytest.approx(prior.deviation * (prior.degrees / (prior.degrees + 1)) ** 0.5)
    assert 1e-6 < equal.p < 0.05


@pytest.mark.parametrize(("n", "p", "width"), [(2, 0.5, np.nan), (3, 0.25, np.nan), (6, 0.03125, 0.0)])
def test_equal_differences_everywhere_are_no_proof_below_six_seeds(n, p, width):
    prior, found = estimates([np.full(n, 0.1), np.full(n, 0.55 - 0.45), np.zeros(n)])
    assert prior.degrees == 0
    assert [one.p for one in found] == [p, p, 1.0]
    assert found[0].high - found[0].low == pytest.approx(width, nan_ok=True)


def test_what_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="finite"):
        estimates([np.array([0.1, np.nan])])


def test_batches_agree_with_one_study_at_a_time():
    studies = [[generator([i, j]).normal(0, j + 1, 3 + j % 2) for j in range(5)] for i in range(4)]
    found = moments(np.stack([pad(study) for study in studies]))
    moderated = moderate(found, fit_prior(found))
    low, high = interval(moderated)
    for i, study in enumerate(studies):
        singles = estimates(study)[1]
        assert p_values(moderated)[i] == pytest.approx([one.p for one in singles], rel=1e-12)
        assert low[i] == pytest.approx([one.low for one in singles])
        assert high[i] == pytest.approx([one.high for one in singles])


@pytest.mark.parametrize("deviation", [1.0, 8.0])
def test_intervals_of_three_seeds_cover_also_that_of_a_comparison_eight_times_as_noisy(deviation):
    differences = generator(0).normal(size=(6000, 14, 3))
    differences[:, 0] *= deviation
    found = moments(differences)
    low, high = interval(moderate(found, fit_prior(found)))
    covered = ((low <= 0) & (high >= 0)).mean(0)
    assert 0.92 < covered[0] < 0.985
    assert 0.94 < covered.mean() < 0.99
