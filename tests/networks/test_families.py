"""How a study chooses a family of networks, and how its mistakes are told."""

import pytest

from ablation.data.sizes import Sizes
from ablation.errors import UserError
from ablation.networks import families
from ablation.recipe import Network, Recipe
from ablation.study import Setting
from ablation.study.trial import Trial

START = Setting(Recipe(), Sizes())


def with_network(start: Setting = START, **network: object) -> Setting:
    return start.with_fields("network: ", network, {}, {})


def config_hash(setting: Setting) -> str:
    return Trial(setting, 0, "shapes", "0", "honest", "").config_hash


def test_a_family_is_found_by_its_file_and_blocks_is_the_default():
    assert {"blocks", "resnet"} <= set(families.names())
    assert Recipe().family == "blocks"
    for name in families.names():
        family = families.get(name)
        assert set(family.reads) | set(family.always) | set(family.defaults) <= set(Network.model_fields)


def test_the_default_family_and_default_options_leave_no_trace_in_a_hash():
    assert config_hash(with_network(family="blocks", options={})) == config_hash(START)
    resnet = config_hash(with_network(family="resnet"))
    assert config_hash(with_network(family="resnet", options={"n": 3})) == resnet
    assert (
        len({config_hash(START), resnet, config_hash(with_network(family="resnet", options={"n": 5}))}) == 3
    )


@pytest.mark.parametrize(
    ("network", "text"),
    [
        ({"family": "resnt"}, r"network\.family: unknown 'resnt'; did you mean 'resnet'\?"),
        ({"family": 3}, r"network\.family: unknown '3'; expected one of .*blocks"),
        (
            {"family": "resnet", "options": {"widht": 3}},
            r"network\.options\.widht: unknown key; did you mean 'width'",
        ),
        (
            {"family": "resnet", "options": {"n": 0}},
            r"network\.options\.n: expected greater than or equal to 1, found 0",
        ),
        ({"family": "resnet", "options": 3}, r"network\.options: expected a valid dictionary, found 3"),
        ({"options": {"n": 3}}, r"network\.options\.n: unknown key"),
        (
            {"family": "resnet", "widths": [4, 8]},
            r"network\.widths: does nothing in family resnet: it reads scaling, pixel_augment",
        ),
        ({"family": "resnet", "shortcut": "conv"}, r"network\.shortcut: does nothing in family resnet"),
    ],
)
def test_mistakes_are_one_line_that_names_the_key(network, text):
    with pytest.raises(UserError, match=f"^network: {text}"):
        with_network(**network)


def test_what_the_base_set_for_another_family_is_no_mistake_of_the_step_that_changes_it():
    base = with_network(widths=[4, 8], head=[8])
    changed = with_network(base, family="resnet").recipe
    assert (changed.head, changed.norm.kind, changed.flatten.kind) == (
        (), "BatchNormalization", "GlobalAveragePooling2D"
    )  # fmt: skip
    assert with_network(base, family="resnet", head=[16]).recipe.head == (16,)


def test_a_study_that_names_a_trick_its_family_does_not_read_is_refused_when_it_is_loaded(study_file):
    from ablation.study import load

    file = study_file(
        network={"family": "resnet"}, ladder=[{"step": "a"}, {"step": "b", "tricks": ["capacity"]}]
    )
    text = r"tiny\.yaml: ladder\.1\.tricks\.capacity: widths does nothing in family resnet"
    with pytest.raises(UserError, match=text):
        load(str(file))


def test_controls_of_a_residual_network_scale_its_own_channels():
    from ablation.networks.layout import blank_problem, layout
    from ablation.study.controls import matched_compute, matched_parameters

    problem = blank_problem((16, 16, 3), 10)
    base = with_network(family="resnet", options={"n": 1, "width": 8}).recipe
    larger = base.replace(options={"n": 2, "width": 8})
    for match, figure in ((matched_parameters, "parameters"), (matched_compute, "flops")):
        told, recipe = match(base, larger, problem)
        sizes = [
            sum(getattr(node, figure) for node in layout(one, problem)) for one in (base, larger, recipe)
        ]
        assert told == "a wider network" and recipe.options["width"] > 8 and recipe.options["n"] == 1
        assert abs(sizes[2] / sizes[1] - 1) < abs(sizes[0] / sizes[1] - 1) / 2
