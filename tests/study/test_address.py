"""One address for a field, whether the command, a preset or a search sets it."""

import pytest

from ablation.errors import UserError
from ablation.study import Study, plan
from ablation.study.address import Address, assignments, overrides, parse

LADDER = [
    {"step": "baseline"},
    {"step": "drop", "tricks": [{"dropout": {"rate": 0.5}}]},
    {"step": "decay", "tricks": ["l2"]},
]
PRESETS = {"quick": {"tricks": {"dropout": {"rate": 0.4}}}}


def rates(*sets: str, preset: str = "full", values=None) -> list[float]:
    """The dropout rate after each step of the ladder, 0 where there is none."""
    study = Study.model_validate(
        {"study": "x", "network": {"widths": [4]}, "ladder": LADDER, "presets": PRESETS}
    )
    steps = plan(study, preset=preset, dataset="shapes", sets=sets, values=values)
    return [sum(layer.options["rate"] for layer in step.setting.recipe.block_end) for step in steps]


def test_a_parameter_of_a_trick_is_set_wherever_the_ladder_uses_it_and_over_the_preset():
    assert rates() == [0, 0.5, 0.5]
    assert rates(preset="quick") == [0, 0.4, 0.4]
    assert rates("tricks.dropout.rate=0.2") == [0, 0.2, 0.2]
    assert rates("tricks.dropout.rate=0.2", preset="quick") == [0, 0.2, 0.2]
    assert rates("tricks.dropout.rate=0.2", "tricks.dropout.rate=0.3") == [0, 0.3, 0.3]
    assert rates(values={Address("tricks", "rate", "dropout"): 0.1}, preset="quick") == [0, 0.1, 0.1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tricks.dropout.rat=0.2", r"--set tricks\.dropout\.rat: unknown parameter; did you mean 'rate'\?"),
        (
            "tricks.dropuot.rate=0.2",
            r"--set tricks\.dropuot: the ladder has no such trick; did you mean 'dropout'",
        ),
        ("tricks.noise.stddev=0.2", r"--set tricks\.noise: the ladder has no such trick"),
        ("tricks.dropout.rate=2", r"^--set tricks\.dropout\.rate: expected less than 1, found 2"),
        (
            "tricks.dropout=2",
            r"--set tricks\.dropout=2: expected SECTION\.KEY=VALUE .*tricks\.TRICK\.PARAMETER",
        ),
        ("tricks=2", "expected SECTION"),
        ("network.widths.0=2", "expected SECTION"),
    ],
)
def test_a_mistaken_address_is_one_line(text, told):
    with pytest.raises(UserError, match=told):
        rates(text)


def test_a_mistake_in_a_presets_trick_is_told_where_it_stands():
    study = Study.model_validate(
        {"study": "x", "ladder": LADDER, "presets": {"quick": {"tricks": {"dropout": {"rat": 1}}}}}
    )
    with pytest.raises(UserError, match=r"^presets\.quick\.tricks\.dropout\.rat: unknown parameter"):
        plan(study, preset="quick", dataset="shapes")


def test_a_value_keeps_its_type_from_the_address_to_the_setting():
    assert assignments(["training.epochs=20", "network.activation='20'"]) == {
        Address("training", "epochs"): 20,
        Address("network", "activation"): "20",
    }
    both = {Address("data", "train"): 5, Address("tricks", "rate", "dropout"): 0.5}
    found = overrides(both)
    assert (found.data, found.tricks, found.network) == ({"train": 5}, {"dropout": {"rate": 0.5}}, {})
    assert all(parse(str(address)) == address for address in both)
