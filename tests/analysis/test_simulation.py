"""The committed simulation: what it draws, and that its table holds what the verdicts promise."""

import re
from pathlib import Path

import numpy as np
import pytest
import simulate_verdicts

from ablation.analysis.looks import plan_looks

TABLE = Path(__file__).parents[2] / "results/reference/statistics/simulation.txt"
generator = np.random.default_rng


def drawn(scenario, shape, comparisons=7, seeds=4, replications=4000):
    values, is_null = simulate_verdicts.draw(scenario, shape, replications, comparisons, seeds, generator(0))
    return simulate_verdicts.compared(values, shape), is_null


@pytest.mark.parametrize("scenario", simulate_verdicts.SCENARIOS)
@pytest.mark.parametrize("shape", simulate_verdicts.SHAPES)
def test_comparisons_that_count_as_null_have_no_difference_and_the_others_have(scenario, shape):
    differences, is_null = drawn(scenario, shape)
    means = differences.mean((0, 2))
    errors = differences.std((0, 2)) / (4 * 4000) ** 0.5
    assert (np.abs(means / errors)[is_null] < 4.5).all()
    assert (np.abs(means / errors)[~is_null] > 10).all()
    assert is_null.sum() >= 5


def test_neighbours_on_a_ladder_share_a_base():
    ladder, _ = drawn("equal deviations", "ladder")
    apart, _ = drawn("equal deviations", "independent")
    for differences, expected in ((ladder, -0.5), (apart, 0.0)):
        assert np.corrcoef(differences[:, 2, 0], differences[:, 3, 0])[0, 1] == pytest.approx(
            expected, abs=0.05
        )


def test_what_is_settled_gets_no_more_seeds():
    """Six comparisons of a huge effect and one of none: the six stop at three seeds each."""
    values = generator(1).normal(size=(50, 7, 20))
    values[:, :6] += 100
    verdict, trials = simulate_verdicts.resolve(values, "independent", plan_looks(), margin=0.0)
    assert (verdict[:, :6] == 1).all()
    assert ((trials >= 6 * 3 + 3) & (trials <= 6 * 3 + 20)).all() and trials.max() > 24


def test_the_committed_table_keeps_the_error_wherever_the_target_asks_for_it():
    text = TABLE.read_text("utf-8")
    worst = re.findall(r"worst of (.+): ([\d.]+) \(", text)
    asked = [(name, float(rate)) for name, rate in worst if "m = 3" not in name and name != "skewness 2"]
    assert len(asked) == 2 * (len(simulate_verdicts.SCENARIOS) - 1), "of one look, and of all looks"
    assert max(rate for _, rate in asked) <= 6
    power = re.findall(r"^one of m +\w+ +(\d+) +([\d.]+) +([\d.]+)$", text, re.MULTILINE)
    assert {int(m) for m, *_ in power} == set(simulate_verdicts.COMPARISONS)
    assert all(float(ours) >= 75 > float(plain) for _, plain, ours in power)
