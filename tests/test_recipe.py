import pytest
from pydantic import ValidationError

from ablation.recipe import EarlyStopping, Layer, Recipe


def test_a_recipe_is_a_value():
    recipe = Recipe(widths=(4, 8))
    assert recipe == Recipe(widths=[4, 8])
    assert recipe.replace(l2=0.1).replace(l2=0.0) == recipe
    with pytest.raises(ValidationError, match="frozen"):
        recipe.l2 = 0.1


def test_changes_are_told_field_by_field():
    changed = Recipe(l2=0.1, norm=Layer.of("keras.layers.LayerNormalization")).changes_from(Recipe())
    assert changed == {"l2": (0.0, 0.1), "norm": (None, Layer(path="keras.layers.LayerNormalization"))}
    assert Recipe().changes_from(Recipe()) == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"widths": ()},
        {"widths": (0,)},
        {"widths": (4.5,)},
        {"l2": -1},
        {"l2": float("nan")},
        {"l2": float("inf")},
        {"learning_rate": 0},
        {"epochs": 0},
        {"label_smoothing": 1},
        {"scaling": "zca"},
        {"early_stopping": {"patience": 0}},
        {"early_stopping": {"monitor": "loss"}},
        {"conv": "keras.layers.Conv2D"},
        {"dropout": 0.3},
    ],
)
def test_what_is_out_of_range_or_unknown_is_refused(fields):
    with pytest.raises(ValidationError):
        Recipe(**fields)
    with pytest.raises(ValidationError):
        Recipe().replace(**fields)


def test_convolutions_of_each_block():
    assert Recipe(widths=(4, 8, 16)).block_convs() == (2, 2, 2)
    assert Recipe(widths=(4, 8, 16), convs_per_block=(1, 2, 3)).block_convs() == (1, 2, 3)
    with pytest.raises(ValueError, match=r"convs_per_block: expected one number or 3 .* found 2"):
        Recipe(widths=(4, 8, 16), convs_per_block=(1, 2)).block_convs()


def test_a_layer_is_shown_as_one_would_write_it():
    assert str(Layer.of("keras.layers.Dropout", rate=0.3)) == "Dropout(rate=0.3)"
    assert EarlyStopping().patience == 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"epochs": True}, "expected a number, found true"),
        ({"epochs": "5"}, "expected a number, found '5'"),
        ({"learning_rate": True}, "expected a number, found true"),
        ({"learning_rate": "1e-3"}, "expected a number, found '1e-3'"),
        ({"widths": [8, True]}, "expected a number, found true"),
        ({"convs_per_block": [True]}, "expected a number, found true"),
        ({"bottleneck": False}, "expected a number, found false"),
        ({"head_norm": 1}, "expected true or false, found '1'"),
        ({"head_norm": "yes"}, "expected true or false, found 'yes'"),
        ({"predict": {"draws": True}}, "expected a number, found true"),
    ],
)
def test_a_truth_value_is_no_number_and_text_is_neither(fields, message):
    with pytest.raises(ValidationError, match=message):
        Recipe(**fields)


def test_whole_numbers_may_be_written_with_a_point_and_fractions_without():
    assert Recipe(epochs=5.0).epochs == 5 and Recipe(learning_rate=1).learning_rate == 1.0
    assert Recipe(head_norm=True, bottleneck=None, widths=(4.0,)).widths == (4,)


@pytest.mark.parametrize(
    "averaged", [{"ema": 0.9}, {"optimizer": {"path": "keras.optimizers.SGD", "options": {"use_ema": True}}}]
)
def test_two_kinds_of_averaged_weights_are_refused(averaged):
    with pytest.raises(ValidationError, match="ema and lookahead each put weights of their own in the end"):
        Recipe(lookahead={}, **averaged)
