"""What the designs make of a ladder, and what a study may say."""

from typing import Any

import pytest
import tiny

from ablation.errors import UserError
from ablation.recipe import Layer
from ablation.study import Study, load, nodes, plan, seeds_of

LADDER: list[dict[str, Any]] = [
    {"step": "baseline"},
    {"step": "drop", "tricks": [{"dropout": {"rate": 0.5}}]},
    {"step": "decay", "tricks": ["l2"], "title": "L2"},
    {"step": "wide", "from": "drop", "tricks": [{"capacity": {"factor": 2}}]},
]


def study(**fields: Any) -> Study:
    return Study.model_validate({"study": "x", "network": {"widths": [4]}, "ladder": LADDER} | fields)


def planned(design: str, **fields: Any) -> dict[str, Any]:
    return {
        step.step: step for step in plan(study(), preset="full", dataset="shapes", design=design, **fields)
    }


def summary(steps: dict[str, Any]) -> dict[str, tuple]:
    """Base, dropouts, L2 and widths of every step."""
    settings = {name: step.setting.recipe for name, step in steps.items()}
    return {
        name: (step.base, len(settings[name].block_end), settings[name].l2, settings[name].widths)
        for name, step in steps.items()
    }


def test_cumulative_adds_each_step_to_the_one_above_or_to_the_one_it_names():
    assert summary(planned("cumulative")) == {
        "baseline": (None, 0, 0.0, (4,)),
        "drop": ("baseline", 1, 0.0, (4,)),
        "decay": ("drop", 1, 1e-4, (4,)),
        "wide": ("drop", 1, 0.0, (8,)),
    }


def test_add_one_adds_each_step_to_the_first():
    assert summary(planned("add-one")) == {
        "baseline": (None, 0, 0.0, (4,)),
        "drop": ("baseline", 1, 0.0, (4,)),
        "decay": ("baseline", 0, 1e-4, (4,)),
        "wide": ("baseline", 0, 0.0, (8,)),
    }


def test_leave_one_out_takes_each_step_from_all():
    assert summary(planned("leave-one-out")) == {
        "full": (None, 1, 1e-4, (8,)),
        "without-drop": ("full", 0, 1e-4, (8,)),
        "without-decay": ("full", 1, 0.0, (8,)),
        "without-wide": ("full", 1, 1e-4, (4,)),
    }


def test_a_step_keeps_its_place_and_setting_when_only_some_are_asked_for():
    everything, some = planned("cumulative"), planned("cumulative", steps=["decay"])
    assert list(some) == ["decay"]
    assert some["decay"] == everything["decay"]
    assert (some["decay"].position, some["decay"].title, everything["drop"].title) == (2, "L2", "drop")


def test_a_step_added_above_leaves_the_steps_below_as_they_are():
    longer = study(ladder=[*LADDER, {"step": "top", "tricks": ["batch_norm"]}])
    below = plan(longer, preset="full", dataset="shapes")[:-1]
    assert below == plan(study(), preset="full", dataset="shapes")


def test_settings_of_the_command_stand_over_those_of_the_preset_and_those_over_the_studys():
    presets = {
        "quick": {
            "training": {"epochs": 5, "batch_size": 8},
            "seeds": 2,
            "datasets": {"shapes": {"training": {"epochs": 6}, "seeds": 1}},
        }
    }
    loaded = study(presets=presets, training={"epochs": 4, "batch_size": 4, "learning_rate": 0.1})

    def first(dataset: str, *sets: str) -> tuple:
        recipe = plan(loaded, preset="quick", dataset=dataset, sets=sets)[0].setting.recipe
        return recipe.epochs, recipe.batch_size, recipe.learning_rate

    assert first("cifar10") == (5, 8, 0.1)
    assert first("shapes") == (6, 8, 0.1)
    assert first("shapes", "training.epochs=7", "training.learning_rate=1e-3") == (7, 8, 0.001)
    assert (seeds_of(loaded, "quick", "shapes"), seeds_of(loaded, "quick", "cifar10")) == (1, 2)
    assert seeds_of(loaded, "full", "shapes") == 3


def test_every_study_has_the_preset_full():
    assert set(study(presets={"quick": {}}).presets) == {"full", "quick"}


@pytest.mark.parametrize(
    "path",
    [
        "os.system",
        "subprocess.Popen",
        "keras.utils.get_file",
        "keras.saving.load_model",
        "keras.layers.deserialize",
        "keras.layers.Lambda",
        "keras.layers.TFSMLayer",
        "keras.layers.Dropout.__init__",
        "keras.src.layers.Dropout",
        "ablation.cli.main",
        "ablation.layers.os.System.x",
        "ReLU",
        "",
    ],
)
@pytest.mark.parametrize(
    "field", ["network.initializer", "network.augment", "training.optimizer", "training.schedule"]
)
def test_a_study_cannot_name_code_of_its_own(path, field):
    section, _, key = field.partition(".")
    layer = {"path": path, "options": {"args": "id"}}
    with pytest.raises(UserError) as raised:
        plan(
            study(**{section: {key: [layer] if key == "augment" else layer}}), preset="full", dataset="shapes"
        )
    assert f"{field}.path: expected a class like keras.layers.ReLU, found '{path}'" in str(raised.value)


@pytest.mark.parametrize("option", [{"module": "os"}, [{"class_name": "x"}], [[1]]])
def test_a_layers_options_are_plain(option):
    network = {"block_end": [{"path": "keras.layers.Dense", "options": {"kernel_initializer": option}}]}
    with pytest.raises(UserError, match=r"block_end\.options\.kernel_initializer: expected a plain value"):
        plan(study(network=network), preset="full", dataset="shapes")


def test_a_study_may_name_classes_of_keras_and_of_the_project():
    crop = {"path": "ablation.layers.random_crop_resize.RandomCropResize", "options": {"area": [0.5, 1]}}
    network = {"augment": [crop], "initializer": {"path": "keras.initializers.GlorotUniform"}}
    (first, *_) = plan(study(network=network), preset="full", dataset="shapes")
    assert first.setting.recipe.initializer == Layer(path="keras.initializers.GlorotUniform")


def test_a_recipe_that_fits_no_image_is_told_with_its_step():
    network = {"widths": [4, 4, 4]}
    (first, *_) = plan(study(network=network), preset="full", dataset="shapes")
    assert len(nodes(first, (32, 32, 3), 10)) > 5
    with pytest.raises(UserError, match="step 'baseline': widths: 3 blocks need images of at least 8 pixels"):
        nodes(first, (4, 4, 3), 10)
    network = {"block_end": [{"path": "keras.layers.Dense"}]}
    (first, *_) = plan(study(network=network), preset="full", dataset="shapes")
    with pytest.raises(UserError, match="step 'baseline': Dense on 16x16x32: units: expected a value"):
        nodes(first, (32, 32, 3), 10)


def test_a_file_is_read_by_its_path_and_a_study_of_the_project_by_its_name(study_file):
    assert load(str(study_file())).study == "tiny"
    assert [step.step for step in load("generalization").ladder] == [
        "baseline", "noise", "batch_norm", "dropout", "l2", "augment", "capacity", "residual",
    ]  # fmt: skip


def test_the_tiny_study_of_the_tests_is_sound():
    assert Study.model_validate(tiny.STUDY).seeds == 1
