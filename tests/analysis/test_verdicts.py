"""Comparisons in words."""

import numpy as np
import pytest

from ablation.analysis.comparisons import Comparison
from ablation.analysis.judgement import ACCURACY, GAP, judge
from ablation.analysis.learning import Learned
from ablation.analysis.moderation import Prior, estimates
from ablation.analysis.verdicts import Verdict, learning, verdict, written

PRIOR = Prior(0.004, 2.0)


def compared(*differences, words=ACCURACY, margin=0.01, unseen=0):
    prior, found = estimates([np.array(one, float) for one in differences], PRIOR)
    judged = judge(found, words, margin=margin, unseen=unseen)
    return [Comparison(*pair, prior) for pair in zip(found, judged, strict=True)]


@pytest.mark.parametrize(
    ("differences", "told"),
    [
        ([0.03, 0.032, 0.034], "helps: +3.2 points"),
        ([-0.03, -0.032, -0.034], "hurts: −3.2 points"),
        ([0.002, 0.0, -0.002], "no difference: 0.0 points"),
        ([0.1], "open: +10.0 points, one pair, no interval"),
        ([], "open: no pair of finished trials"),
    ],
)
def test_a_comparison_in_words(differences, told):
    assert str(verdict(*compared(differences))) == told


def test_an_open_comparison_says_what_would_settle_it():
    (one,) = compared([0.02, -0.01, 0.03])
    told = verdict(one)
    seeds = one.judgement.seeds_needed
    assert told.kind == "open" and 5 < seeds < 100
    assert str(told) == f"open: +1.3 points; about {seeds:.0f} seeds would show it"


def test_a_verdict_on_an_absence_is_one_on_the_trick():
    (better_without,) = compared([0.03, 0.032, 0.034])
    assert str(verdict(better_without, "dropout")) == "dropout hurts: +3.2 points"
    (wider_without,) = compared([0.3, 0.32, 0.34], words=GAP)
    assert str(verdict(wider_without, "dropout")) == "dropout narrows: +32.0 points"
    (nothing,) = compared([0.002, 0.0, -0.002])
    assert verdict(nothing, "noise").words == "no difference"


def test_comparisons_that_were_not_run_count_in_the_correction():
    differences = [0.012, 0.014, 0.016]
    assert verdict(*compared(differences, margin=0)).kind == "helps"
    assert verdict(*compared(differences, margin=0, unseen=100)).kind == "open"
    assert compared(differences, unseen=100)[0].judgement.comparisons == 101


def test_seeds_that_stay_at_chance_are_counted():
    (spread,) = compared([0.3, 0.0, 0.01])
    (clear,) = compared([0.30, 0.31, 0.29])
    (spread_among_many,) = compared([0.3, 0.0, 0.01], unseen=6)
    assert learning(Learned(3, 3), Learned(3, 3), clear) is None
    assert learning(Learned(0, 3), Learned(0, 3), clear) == Verdict("chance", "both at chance")
    few = learning(Learned(3, 3), Learned(1, 3), spread)
    assert (few.kind, str(few)) == ("open", "learns 3 of 3, base 1 of 3: +10.3 points")
    assert learning(Learned(3, 3), Learned(0, 3), clear).kind == "helps", "accuracies tell them apart"
    assert learning(Learned(10, 10), Learned(0, 10), spread_among_many).kind == "helps"
    assert learning(Learned(0, 10), Learned(10, 10), spread_among_many).kind == "hurts"
    assert learning(Learned(4, 4), Learned(0, 4), spread).kind == "helps"
    assert learning(Learned(4, 4), Learned(0, 4), spread_among_many).kind == "open", "corrected for seven"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("helps: +3.2 points", "helps"),
        ("batch norm hurts: +3.2 points", "hurts"),
        ("no difference: 0.0 points", "no difference"),
        ("open: +1.0 points; out of reach", "open"),
        ("not separable at n = 3 after correction: +6.6 points", "open"),
        ("helps beyond it: +1.0 points", "helps"),
        ("", ""),
    ],
)
def test_a_table_of_any_version_is_read_back(text, kind):
    assert written(text).kind == kind
