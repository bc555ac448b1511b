import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import ttost_paired

from ablation.analysis.judgement import (
    DOWN,
    GAP,
    NONE,
    UP,
    decide,
    judge,
)
from ablation.analysis.moderation import NO_PRIOR, Prior, estimates, fit_prior, moderate, moments
from ablation.analysis.power import minimum_detectable, power, seeds_needed

generator = np.random.default_rng
SHAPE = np.array([-1.0, 0.0, 1.0])
PRIOR = Prior(0.01, 4.0)


def judged(*means, deviation=0.01, **options):
    """Three seeds a comparison, each of the same deviation."""
    return judge(estimates([mean + deviation * SHAPE for mean in means], PRIOR)[1], **options)


def test_the_four_verdicts():
    words = [one.verdict for one in judged(0.08, -0.08, 0.0, 0.015)]
    assert words == ["helps", "hurts", "open", "open"], "the 90 % interval is +-1.1 points at n = 3"
    assert [one.verdict for one in judged(0.0, 0.009, deviation=0.001, margin=0.02)] == ["no difference"] * 2
    assert [one.verdict for one in judged(0.08, -0.08, words=GAP)] == ["widens", "narrows"]


def test_without_a_margin_nothing_is_no_difference():
    assert judged(0.0, deviation=0.001)[0].verdict == "no difference"
    assert judged(0.0, deviation=0.001, margin=0)[0].verdict == "open"
    with pytest.raises(ValueError, match="margin"):
        judged(0.0, margin=-0.01)


def test_the_interval_that_a_verdict_rests_on_agrees_with_it():
    draw = generator(0)
    seen = set()
    for _ in range(60):
        differences = [draw.normal(mean, 0.01, 4) for mean in draw.choice([0.0, 0.004, 0.02, -0.03], 7)]
        for one in judge(estimates(differences)[1], margin=0.012):
            seen.add(one.verdict)
            leaves_out_zero = one.low > 0 or one.high < 0
            assert leaves_out_zero == (one.verdict in ("helps", "hurts")) or one.verdict == "no difference"
            assert one.verdict != "no difference" or (
                one.level == 0.9 and -0.012 <= one.low < one.high <= 0.012
            )
            assert one.level in (0.9, 1 - 0.05 / one.comparisons)
            assert (one.p < 0.05) == (one.verdict in ("helps", "hurts"))
    assert seen == {"helps", "hurts", "no difference", "open"}


def test_equivalence_is_schuirmanns_two_one_sided_tests():
    draw = generator(1)
    none = []
    for _ in range(200):
        step, base = draw.normal(0.003, 0.008, (2, 6))
        p = ttost_paired(step, base, -0.01, 0.01)[0]
        found = judge(estimates([step - base], NO_PRIOR)[1])[0]
        none.append(found.verdict == "no difference")
        assert none[-1] == (p < 0.05) or found.verdict in ("helps", "hurts")
    assert 20 < sum(none) < 180


def test_what_is_outside_the_family_neither_pays_nor_is_paid_for():
    alone = judged(0.025)[0]
    family = judged(0.025, *[0.0] * 9)[0]
    beside = judged(0.025, *[0.0] * 9, primary=[True] + [False] * 9)
    assert family.p == pytest.approx(10 * alone.p) and family.comparisons == 10
    assert (beside[0].p, beside[0].comparisons, beside[0].primary) == (alone.p, 1, True)
    assert not beside[1].primary and beside[1].comparisons == 1
    with pytest.raises(ValueError, match="primary"):
        judged(0.0, 0.0, primary=[True])


def test_one_seed_is_open_and_equal_differences_are_no_proof():
    one = judge(estimates([np.array([0.3])])[1])[0]
    assert one.verdict == "open" and np.isnan([one.p, one.low, one.seeds_needed, one.detectable]).all()
    two, six = judge(estimates([np.full(2, 0.1), np.zeros(6)])[1])
    assert (two.verdict, two.seeds_needed) == ("open", math.inf)
    assert six.verdict == "no difference"


def test_power_without_a_prior_is_statsmodels_at_a_corrected_level():
    for n, effect, alpha in ((3, 1.4, 0.05), (5, 1.0, 0.05 / 7), (30, 0.2, 0.01)):
        assert power(effect, n, 0.0, alpha) == pytest.approx(TTestPower().power(effect, n, alpha), abs=1e-9)
    effect = minimum_detectable(0.01, 5, 0.0, 0.01) / 0.01
    assert TTestPower().power(effect, 5, 0.01) == pytest.approx(0.8, abs=1e-9)
    n = int(seeds_needed(0.01, 0.01, 0.0, 0.01))
    assert TTestPower().power(1.0, n, 0.01) >= 0.8 > TTestPower().power(1.0, n - 1, 0.01)


def test_power_of_a_moderated_test_by_simulation():
    """Means of three pairs, and a variance known on 4 + 2 degrees of freedom."""
    draw = generator(3)
    t = draw.normal(2 * 3**0.5, 1, 40_000) / (draw.chisquare(6, 40_000) / 6) ** 0.5
    said = power(2.0, 3, 4.0, 0.05 / 7)
    assert (np.abs(t) > stats.t.ppf(1 - 0.05 / 14, 6)).mean() == pytest.approx(said, abs=0.01)
    assert said > power(2.0, 3, 0.0, 0.05 / 7) + 0.2


def test_detectable_and_seeds_needed_stand_at_the_corrected_level():
    found = judged(0.02, *[0.0] * 9)
    open_one = found[0]
    assert open_one.verdict == "open" and open_one.comparisons == 10
    n, effect = int(open_one.seeds_needed), 0.02 / 0.01
    assert n > 3 and power(effect, n, 4.0, 0.005) >= 0.8 > power(effect, n - 1, 4.0, 0.005)
    assert power(open_one.detectable / 0.01, 3, 4.0, 0.005) == pytest.approx(0.8)
    assert found[1].seeds_needed == math.inf
    assert math.isnan(judged(0.08)[0].seeds_needed), "nothing is needed where the verdict is there"


@pytest.mark.parametrize("unequal", [False, True])
def test_false_alarms_stay_rare_with_three_seeds_of_seven_comparisons(unequal):
    differences = generator(5).normal(size=(4000, 7, 3))
    if unequal:
        differences[:, 0] *= 8
    found = moments(differences)
    verdict = decide(moderate(found, fit_prior(found)), margin=0).verdict
    assert ((verdict == UP) | (verdict == DOWN)).any(-1).mean() < 0.06


def test_an_effect_of_four_deviations_is_found_with_three_seeds():
    differences = generator(6).normal(size=(4000, 14, 3))
    differences[:, 0] += 4
    found = moments(differences)
    assert (decide(moderate(found, fit_prior(found))).verdict[:, 0] == UP).mean() > 0.75
    assert (decide(moderate(found, NO_PRIOR)).verdict[:, 0] == UP).mean() < 0.25


def test_no_difference_is_said_falsely_of_one_comparison_in_twenty_at_most():
    found = moments(generator(7).normal(1.0, 1.0, (4000, 7, 10)))
    false = decide(moderate(found, fit_prior(found)), margin=1.0).verdict == NONE
    assert 0.03 < false.mean() < 0.06
