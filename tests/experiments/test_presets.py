"""What a preset may say about a study whose steps differ in more than tricks."""

import pytest

from ablation.errors import UserError
from ablation.study import Study, plan

LADDER = [
    {"step": "small", "network": {"widths": [8, 16]}, "training": {"epochs": 50}, "data": {"train": 1000}},
    {"step": "large", "network": {"widths": [8, 16, 33]}, "data": {"train": 2000}},
]


def study(preset: dict, **fields: object) -> Study:
    return Study.model_validate({"study": "x", "ladder": LADDER, "presets": {"quick": preset}} | fields)


def planned(preset: dict, *sets: str) -> list[tuple]:
    steps = plan(study(preset), preset="quick", dataset="shapes", sets=sets)
    settings = [step.setting for step in steps]
    return [(one.recipe.widths, one.recipe.epochs, one.sizes.train) for one in settings]


def test_a_preset_has_the_last_word_over_what_steps_set_outright():
    assert planned({"training": {"epochs": 3}}) == [((8, 16), 3, 1000), ((8, 16, 33), 3, 2000)]


def test_a_preset_scales_what_the_steps_differ_in():
    preset = {"scale": {"network.widths": 0.25, "data.train": 0.1, "training.epochs": 0.001}}
    assert planned(preset) == [((2, 4), 1, 100), ((2, 4, 8), 1, 200)]


def test_a_dataset_may_have_a_scale_of_its_own():
    preset = {"scale": {"data.train": 0.5}, "datasets": {"shapes": {"scale": {"data.train": 0.25}}}}
    assert [train for _, _, train in planned(preset)] == [250, 500]


def test_what_the_command_sets_is_neither_overruled_nor_scaled():
    preset = {"scale": {"network.widths": 0.25}, "training": {"epochs": 3}}
    assert planned(preset, "network.widths=[4]", "training.epochs=7") == [((4,), 7, 1000), ((4,), 7, 2000)]


@pytest.mark.parametrize("key", ["network.width", "widths", "training.learning_rate", "data.val"])
def test_only_whole_numbers_that_are_set_can_be_scaled(key):
    with pytest.raises(UserError, match=rf"presets\.quick\.scale\.{key}: expected a field of whole numbers"):
        planned({"scale": {key: 2.0}})


def test_a_design_that_makes_no_sense_for_a_study_is_refused():
    one = study({}, designs=["cumulative"])
    with pytest.raises(UserError, match="design: 'add-one' makes no sense for x; expected cumulative"):
        plan(one, preset="quick", dataset="shapes", design="add-one")
    with pytest.raises(ValueError, match="design: unknown 'cumulative'; expected one of add-one"):
        study({}, designs=["add-one"])
