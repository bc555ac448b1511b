"""Each measure by figures worked out by hand; scikit-learn's definitions give the same."""

import math

import numpy as np
import pytest

from ablation import measures, own_code
from ablation.errors import UserError

# Predicted 0, 0, 1, 2, 0, 1 of the truths 0, 0, 0, 1, 1, 2.
P = np.array(
    [[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.3, 0.5, 0.2], [0.1, 0.3, 0.6], [0.5, 0.4, 0.1], [0.1, 0.7, 0.2]]
)
Y = np.array([0, 0, 0, 1, 1, 2])
BY_HAND = {
    "balanced_accuracy": (2 / 3 + 0 + 0) / 3,
    "worst_recall": 0.0,
    "macro_f1": (2 * 2 / (3 + 3) + 0 + 0) / 3,
    "log_loss": -(math.log(0.8) + math.log(0.6) + math.log(0.3) + math.log(0.3) + math.log(0.4) + math.log(0.2)) / 6,
    "top5_accuracy": 1.0,
    # Bins of 1/15: 0.5 and 0.5 in the 8th (0 of 2 right), 0.6 and 0.6 in the 9th (1 of 2), 0.7 in the 11th (0 of 1),
    # 0.8 in the 12th (1 of 1).
    "calibration_error": (abs(1.0 - 0) + abs(1.2 - 1) + 0.7 + 0.2) / 6,
    # Pairs won. Class 0: .8 beats .1 .5 .1, .6 beats all three, .3 beats two: 8 of 9. Class 1: .3 beats .1 and ties
    # .3, .4 beats .1 .3: 1.5 + 2 of 8. Class 2: .2 beats .1 .1 .1, ties .2, loses to .6: 3.5 of 5.
    "auc": (8 / 9 + 3.5 / 8 + 3.5 / 5) / 3,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_a_measure_is_what_it_is_by_hand(name):
    assert measures.get(name)(P, Y) == pytest.approx(BY_HAND[name], rel=1e-12)


def test_each_is_within_its_range_and_says_its_direction():
    assert set(measures.names()) == set(BY_HAND)
    for name in measures.names():
        one = measures.get(name)
        assert one.name == name and one.title and one.low <= one(P, Y) <= one.high
        best = np.eye(3)[Y]
        assert (one(best, Y) >= one(P, Y)) == (one.higher_is_better or one(best, Y) == one(P, Y))


def test_imbalance_counts_each_class_alike():
    truth = np.array([0] * 9 + [1])
    always = np.tile([0.9, 0.1], (10, 1))
    assert measures.get("balanced_accuracy")(always, truth) == 0.5
    assert measures.get("macro_f1")(always, truth) == pytest.approx((18 / 19 + 0) / 2)
    assert measures.get("auc")(always, truth) == 0.5
    assert measures.get("calibration_error")(always, truth) == pytest.approx(0, abs=1e-12)


def test_a_class_without_images_is_left_out_and_leaves_the_auc_open():
    truth = np.array([0, 0, 1])
    given = np.array([[0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1]])
    assert measures.get("balanced_accuracy")(given, truth) == 0.75
    assert measures.get("macro_f1")(given, truth) == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert math.isnan(measures.get("auc")(given, truth))


def test_logits_of_any_size_become_probabilities():
    logits = np.log(P).astype(np.float32)
    for name, value in measures.measured(logits, Y).items():
        if name in ("auc", "calibration_error"):
            continue  # ties, and confidences on an edge of a bin, do not survive rounding
        assert value == pytest.approx(BY_HAND[name], rel=1e-5, abs=1e-6)
    assert measures.measured(1000 * logits, Y)["log_loss"] > 50


def test_a_measure_of_the_users_own_is_one_file(tmp_path, monkeypatch):
    monkeypatch.delenv(own_code.VARIABLE, raising=False)
    (tmp_path / "measures").mkdir()
    (tmp_path / "measures" / "sure.py").write_text(
        "from ablation.measures import measure\n\n\n@measure('Confidence')\ndef sure(probabilities, labels):\n"
        "    return probabilities.max(axis=1).mean()\n"
    )
    with own_code.in_use(tmp_path):
        assert measures.measured(np.log(P), Y)["sure"] == pytest.approx(3.7 / 6)
        assert own_code.digest()
    with pytest.raises(UserError, match="unknown measure 'sure'"):
        measures.get("sure")
