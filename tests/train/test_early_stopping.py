import pytest

from ablation.recipe import EarlyStopping
from ablation.train.early_stopping import best_epoch, is_at_chance, should_stop, smoothed


def epochs(*values: float, monitor: str = "val_loss") -> list[dict[str, float]]:
    return [{monitor: value} for value in values]


def test_smoothing_by_hand():
    assert smoothed([1.0, 3.0, 2.0], 0.5) == [1.0, 2.0, 2.0]
    assert smoothed([1.0, 3.0, 2.0], 0.0) == [1.0, 3.0, 2.0]
    assert smoothed([], 0.9) == []


@pytest.mark.parametrize(
    ("losses", "stops", "best"),
    [
        ((), False, 0),
        ((3, 2, 1), False, 3),
        ((3, 1, 2), False, 2),
        ((3, 1, 2, 2), True, 2),
        ((1, 1, 1), True, 1),
        ((3, 1, 2, 0.5, 0.9), False, 4),
    ],
)
def test_patience_counts_epochs_since_the_lowest_loss(losses, stops, best):
    rule = EarlyStopping(patience=2)
    assert best_epoch(rule, epochs(*losses)) == best
    assert should_stop(rule, epochs(*losses)) is stops


def test_an_accuracy_should_rise():
    rule = EarlyStopping(patience=1, monitor="val_accuracy")
    assert best_epoch(rule, epochs(0.1, 0.5, 0.4, monitor="val_accuracy")) == 2
    assert not should_stop(rule, epochs(0.1, 0.5, monitor="val_accuracy"))
    assert should_stop(rule, epochs(0.1, 0.5, 0.4, monitor="val_accuracy"))


def test_the_smoothed_curve_looks_past_one_lucky_epoch():
    curve = epochs(4, 1, 4, 2, 1.5)
    assert best_epoch(EarlyStopping(patience=9), curve) == 2
    assert best_epoch(EarlyStopping(patience=9, smoothing=0.5), curve) == 5  # 4, 2.5, 3.25, 2.625, 2.0625


def test_without_a_rule_nothing_stops():
    assert not should_stop(None, epochs(1, 2, 3, 4, 5, 6))


@pytest.mark.parametrize(
    ("accuracies", "ends"),
    [
        ((), False),
        ((0.1, 0.1), False),
        ((0.1, 0.1, 0.1), True),
        ((0.1, 0.095, 0.105), True),
        ((0.1, 0.1, 0.1, 0.1), True),
        ((0.1, 0.1, 0.2), False),
        ((0.2, 0.1, 0.1), False),
    ],
)
def test_a_training_that_never_left_chance_ends(accuracies, ends):
    """130 hits of 1,000 would come up by guessing once in a thousand; 200 never."""
    assert is_at_chance(3, epochs(*accuracies, monitor="accuracy"), 1000, 10) is ends
    assert not is_at_chance(None, epochs(*accuracies, monitor="accuracy"), 1000, 10)


def test_the_fewer_images_the_more_hits_guessing_has():
    one = epochs(0.2, monitor="accuracy")
    assert is_at_chance(1, one, 30, 10) and not is_at_chance(1, one, 300, 10)
