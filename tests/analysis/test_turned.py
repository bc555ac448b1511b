import math

import numpy as np
import pytest

from ablation.analysis.turned import turned


def test_turned_by_hand():
    before = np.array([[0, 1, 1, 0, 0], [0, 1, 0, 0, 1], [0, 1, 1, 1, 0]], bool)
    after = np.array([[1, 0, 1, 1, 0], [1, 0, 0, 1, 0], [1, 1, 1, 0, 0]], bool)
    found = turned(before, after)
    assert (found.fixed, found.broken) == ((0, 3), (1,))
    assert found.before.tolist() == [0, 3, 2, 1, 1] and found.after.tolist() == [3, 1, 2, 2, 0]
    assert found.by_chance == pytest.approx((0 + 0 + 2 + 2 + 2) / 3)


def test_a_tie_of_seeds_turns_nothing_and_one_seed_has_no_chance():
    found = turned(np.array([[0, 0], [0, 1]], bool), np.array([[1, 1], [0, 1]], bool))
    assert (found.fixed, found.broken) == ((), ())
    assert math.isnan(turned(np.ones((1, 2), bool), np.zeros((1, 2), bool)).by_chance)


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="expected two arrays"):
        turned(np.ones((2, 3), bool), np.ones((3, 3), bool))
