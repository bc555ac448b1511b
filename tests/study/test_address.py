"""One address for a field, whether the command, a preset or a search sets it."""

import pytest

from ablation.errors import UserError
from ablation.study import Study, load, plan
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


@pytest.mark.parametrize(
    ("preset", "told"),
    [
        (
            {"datasets": {"shapes": {"datasets": {"blobs": {"training": {"epochz": 3}}}}}},
            r"presets\.quick\.datasets: .*shapes: expected no datasets within a dataset's own part",
        ),
        (
            {"network": {"widths": [8]}, "scale": {"network.widths": 0.5}},
            r"presets\.quick: .*scale\.network\.widths: the same part of the preset sets network\.widths outright",
        ),
    ],
)
def test_what_a_preset_would_ignore_is_refused(preset, told, study_file):
    with pytest.raises(UserError, match=told):
        load(str(study_file(ladder=LADDER, presets={"quick": preset})))


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


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("data.train=10%", (4_500, 32)),
        ("data.train=0.5 %", (225, 32)),
        ("data.train=100%", (45_000, 32)),
        ("data.val=1%", (None, 450)),
    ],
)
def test_a_share_of_the_images_is_a_number_of_them(text, sizes):
    study = Study.model_validate({"study": "x", "data": {"val": 32}, "ladder": LADDER})
    for step in plan(study, preset="full", dataset="shapes", sets=[text]):
        assert (step.setting.sizes.train, step.setting.sizes.val) == sizes


def test_a_share_counts_the_images_of_the_classes_that_are_kept_and_has_the_hash_of_its_number():
    study = Study.model_validate(
        {"study": "x", "data": {"train": "10%", "test": "1%", "classes": [0, 1]}, "ladder": LADDER}
    )
    shared = plan(study, preset="full", dataset="cifar10")
    assert (shared[0].setting.sizes.train, shared[0].setting.sizes.test) == (1_000, 20)
    counted = plan(study, preset="full", dataset="cifar10", sets=["data.train=1000", "data.test=20"])
    assert [step.setting for step in shared] == [step.setting for step in counted]


@pytest.mark.parametrize(
    ("share", "told"),
    [
        ("ten%", "data.train: expected a number of images, or a share of them like 10%, found 'ten%'"),
        ("110%", "data.train: expected a number of images, or a share of them like 10%, found '110%'"),
        ("0.0%", "data.train: expected a number of images, or a share of them like 10%, found '0.0%'"),
        ("10%", "data.train: expected a number of images of flowers, found 0.1 of them"),
    ],
)
def test_what_is_no_share_or_a_share_of_an_unknown_number_is_refused(share, told):
    study = Study.model_validate({"study": "x", "ladder": LADDER})
    with pytest.raises(UserError) as raised:
        plan(study, preset="full", dataset="flowers", sets=[f"data.train='{share}'"])
    assert told in str(raised.value)


def test_a_study_file_may_hold_a_share_before_its_data_set_is_chosen(tmp_path):
    file = tmp_path / "share.yaml"
    file.write_text("study: share\ndata: {train: 10%, val: 32}\nladder: [{step: base}]\n")
    (step,) = plan(load(str(file)), preset="full", dataset="cifar10")
    assert step.setting.sizes.train == 5_000
