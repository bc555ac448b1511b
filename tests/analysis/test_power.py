import math

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from ablation.analysis.intervals import estimate
from ablation.analysis.power import minimum_detectable, power, seeds_needed


@pytest.mark.parametrize("n", [2, 3, 5, 30])
@pytest.mark.parametrize("effect", [0.0, 0.2, 1.0, 1.4])
def test_power_agrees_with_statsmodels(n, effect):
    assert power(effect, n) == pytest.approx(TTestPower().power(effect, n, 0.05), abs=1e-10)


@pytest.mark.parametrize("n", [3, 5, 10, 100])
def test_the_minimum_detectable_effect_has_power_80_percent(n):
    effect = minimum_detectable(0.01, n) / 0.01
    assert TTestPower().power(effect, n, 0.05) == pytest.approx(0.8, abs=1e-10)


@pytest.mark.parametrize("n", [2, 5])
def test_the_minimum_detectable_effect_is_detected_four_times_in_five(n):
    effect = minimum_detectable(0.01, n)
    studies = np.random.default_rng(0).normal(effect, 0.01, (4000, n))
    assert np.mean([estimate(study).p < 0.05 for study in studies]) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(("mean", "deviation"), [(0.01, 0.01), (-0.002, 0.01), (0.05, 0.01), (0.01, 0.1)])
def test_seeds_needed_is_the_first_number_that_suffices(mean, deviation):
    n = int(seeds_needed(mean, deviation))
    effect = abs(mean) / deviation
    assert TTestPower().power(effect, n, 0.05) >= 0.8
    assert n == 2 or TTestPower().power(effect, n - 1, 0.05) < 0.8


def test_no_effect_needs_seeds_without_end_and_one_seed_tells_nothing():
    assert seeds_needed(0.0, 0.01) == math.inf
    assert seeds_needed(1e-9, 0.01) == math.inf
    assert math.isnan(seeds_needed(0.01, math.nan))
    assert math.isnan(minimum_detectable(math.nan, 1))
    assert minimum_detectable(0.0, 3) == 0
