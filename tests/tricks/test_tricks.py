"""Every trick in one setting: what it changes, that it is data, that its network is the planned one."""

import inspect
import re
from typing import Any

import numpy as np
import pytest

from ablation import tricks
from ablation.errors import UserError
from ablation.networks.layout import Problem, layout
from ablation.recipe import Clip, EarlyStopping, Layer, LogitViews, Prediction, Recipe
from ablation.study import Study

# One setting of every trick, all other than the default recipe's.
SETTINGS: dict[str, dict[str, Any]] = {name: {} for name in tricks.names()} | {
    "drop_connect": {"rate": 0.3},
    "he_init": {"distribution": "uniform"},
    "optimizer": {"name": "nesterov", "learning_rate": 0.05},
    "tta": {"flips": True, "crops": 1, "scales": [1.25]},
    "monte_carlo_dropout": {"draws": 2},
    "pooling_draws": {"draws": 2},
    "compound_scaling": {"phi": 4.0},
}
# A recipe that every trick in its setting changes.
START = Recipe(
    widths=(4, 8), head=(8,), scaling="unit", activation="sigmoid", convs_per_block=1, precision="float32"
)
NEEDS = {"monte_carlo_dropout": "dropout", "pooling_draws": "fractional_pooling"}
PROBLEM = Problem((16, 16, 3), 10, (120.0, 110.0, 100.0), (60.0, 50.0, 40.0))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_trick_changes_what_it_declares_and_nothing_else(name):
    before = START.model_dump()
    after = tricks.apply(name, START, SETTINGS[name])
    changed = set(after.changes_from(START))
    assert changed and changed <= set(tricks.get(name).changes)
    assert START.model_dump() == before


@pytest.mark.parametrize("name", SETTINGS)
def test_a_recipe_with_the_trick_is_plain_data(name):
    after = tricks.apply(name, START, SETTINGS[name])
    again = Recipe.model_validate_json(after.model_dump_json())
    assert again.model_dump(mode="json") == after.model_dump(mode="json")


@pytest.mark.parametrize("name", SETTINGS)
def test_a_card_says_where_from_what_the_lecture_claims_when_it_hurts_and_every_parameter(name):
    card = tricks.card(name)
    headings = re.findall(r"^(Source|Lecture|When it hurts|Parameters|Raises):", card, flags=re.M)
    assert headings[:3] == ["Source", "Lecture", "When it hurts"]
    described = re.findall(
        r"^    (\w+(?:, \w+)*): ", card.partition("Parameters:\n")[2].partition("Raises:")[0], flags=re.M
    )
    assert [one for entry in described for one in entry.split(", ")] == list(tricks.parameters(name))


@pytest.mark.parametrize("name", SETTINGS)
def test_every_parameter_has_a_default_and_an_annotation_in_force(name):
    for parameter in list(inspect.signature(tricks.get(name)).parameters.values())[1:]:
        assert parameter.default is not inspect.Parameter.empty
        with pytest.raises(UserError, match=rf"^{name}\.{parameter.name}"):
            tricks.apply(name, START, {parameter.name: {"no": "such value"}})


def test_field_by_field_what_the_tricks_set():
    def field(name: str, /, **given: Any) -> Any:
        after = tricks.apply(name, START, given)
        values = [after_value for _, after_value in after.changes_from(START).values()]
        return values[0] if len(values) == 1 else values

    assert field("standardize") == "standardize"
    assert field("relu") == "relu"
    assert field("activation", name="gelu") == "gelu"
    assert field("glorot_init") == Layer.of("keras.initializers.GlorotUniform")
    assert field("lecun_init") == Layer.of("keras.initializers.LecunNormal")
    assert field("bottleneck", units=3) == 3
    assert field("l1", strength=0.5) == 0.5
    assert field("label_smoothing", alpha=0.2) == 0.2
    assert field("early_stopping", patience=4, smoothing=0.5) == EarlyStopping(patience=4, smoothing=0.5)
    assert field("clip_value", value=2.0) == Clip(by="value", limit=2.0)
    assert field("clip_norm", norm=3.0) == Clip(by="norm", limit=3.0)
    assert field("ema", momentum=0.5) == 0.5
    assert field("weight_decay", rate=0.1) == 0.1
    assert field("tta", crops=3) == Prediction(flips=True, crops=3)


@pytest.mark.parametrize(
    ("name", "expected", "rate"),
    [
        ("sgd", Layer.of("keras.optimizers.SGD", momentum=0.0, nesterov=False), 0.01),
        ("momentum", Layer.of("keras.optimizers.SGD", momentum=0.9, nesterov=False), 0.01),
        ("nesterov", Layer.of("keras.optimizers.SGD", momentum=0.9, nesterov=True), 0.01),
        ("adagrad", Layer.of("keras.optimizers.Adagrad"), 0.01),
        ("rmsprop", Layer.of("keras.optimizers.RMSprop"), 0.001),
        ("adam", Layer.of("keras.optimizers.Adam"), 0.001),
    ],
)
def test_the_six_optimisers(name, expected, rate):
    after = tricks.apply("optimizer", START, {"name": name})
    assert (after.optimizer, after.learning_rate) == (expected, rate)


def test_sgd_with_momentum_and_nesterov_is_nesterov():
    given = {"name": "sgd", "learning_rate": 0.1, "momentum": 0.8, "nesterov": True}
    after = tricks.apply("optimizer", START, given)
    assert after.optimizer == Layer.of("keras.optimizers.SGD", momentum=0.8, nesterov=True)
    assert after.learning_rate == 0.1


@pytest.mark.parametrize("name", ["drop_connect", "head_dropout"])
def test_a_trick_for_a_head_without_dense_layers_is_refused(name):
    with pytest.raises(
        UserError, match=rf"^{name}: expected network\.head with dense layers, like \[512\], found"
    ):
        tricks.apply(name, START.replace(head=()), {})


@pytest.mark.parametrize(
    ("name", "given", "text"),
    [
        (
            "optimizer",
            {"name": "adam", "momentum": 0.9},
            "optimizer: momentum and nesterov: expected none for adam",
        ),
        ("optimizer", {"name": "sgd", "nesterov": True}, "optimizer: nesterov: expected a momentum above 0"),
        ("tta", {"flips": False, "crops": 0}, "tta: expected flips, crops or scales, found none"),
        (
            "color_jitter",
            {"brightness": 0, "contrast": 0},
            "color_jitter: expected brightness or contrast above 0",
        ),
    ],
)
def test_settings_that_do_nothing_are_refused(name, given, text):
    with pytest.raises(UserError, match=f"^{text}"):
        tricks.apply(name, START, given)


def test_all_geometric_tricks_share_one_resampling_whatever_their_order():
    one = START
    for name in ("flip", "translate", "rotate", "shear", "zoom", "cutout"):
        one = tricks.apply(name, one, {})
    assert [layer.kind for layer in one.augment] == ["RandomFlip", "RandomAffine", "Cutout"]
    affine = one.augment[1].options
    assert affine == {"translate": 0.1, "rotate": 10.0, "shear": 0.1, "zoom": 0.1, "keep_ratio": False}


def test_kinds_of_noise_at_prediction_add_up():
    both = tricks.apply("pooling_draws", tricks.apply("monte_carlo_dropout", START, {}), {"draws": 5})
    assert both.predict == Prediction(noise=("dropout", "pooling"), draws=5)
    assert tricks.apply("tta", both, {}).predict == Prediction(
        flips=True, crops=2, noise=("dropout", "pooling"), draws=5
    )


def test_stochastic_depth_brings_its_shortcut_and_fractional_pooling_refuses_one():
    assert tricks.apply("stochastic_depth", START, {}).shortcut == "conv"
    both = tricks.apply("fractional_pooling", tricks.apply("residual", START, {}), {})
    with pytest.raises(
        ValueError, match=r"shortcut: its stride of 2 gives \(8, 8, 4\), .* gives \(10, 10, 4\)"
    ):
        layout(both, PROBLEM)


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_planned_is_what_is_built(name):
    keras = pytest.importorskip("keras")
    from ablation.networks.build import build

    recipe = tricks.apply(
        name, tricks.apply(NEEDS[name], START, {}) if name in NEEDS else START, SETTINGS[name]
    )
    nodes = layout(recipe, PROBLEM)
    if nodes == layout(START, PROBLEM):
        return
    model = build(recipe, PROBLEM, seed=0)
    assert isinstance(model, keras.Model)
    for node in nodes:
        layer = model.get_layer(node.name)
        assert tuple(layer.output.shape[1:]) == node.shape, node.name
        assert layer.count_params() == node.parameters, node.name
    images = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3)).astype("float32")
    assert np.isfinite(model(images, training=True)).all()


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("dropout", {"rate": 0.25}, {"rate": 0.5}),
        ("spatial_dropout", {"rate": 0.25}, {"rate": 0.5}),
        ("head_dropout", {"rate": 0.25}, {"rate": 0.5}),
        ("noise", {"stddev": 0.1}, {"stddev": 0.2}),
        ("pixel_noise", {"stddev": 0.1}, {"stddev": 0.2}),
        ("color_jitter", {"contrast": 0.1}, {"contrast": 0.3}),
        ("cutout", {"size": 4}, {"size": 6}),
        ("crop_resize", {"smallest_crop": 0.5}, {"smallest_crop": 0.8}),
        ("pad_crop", {"padding": 2}, {"padding": 3}),
        ("l2", {"strength": 0.1}, {"strength": 0.2}),
        ("mixup", {"alpha": 0.1}, {"alpha": 0.3}),
        ("rotate", {"degrees": 5.0}, {"degrees": 15.0}),
        ("flip", {}, {}),
    ],
)
def test_used_again_a_trick_replaces_its_own_setting(name, first, second):
    twice = tricks.apply(name, tricks.apply(name, START, first), second)
    assert twice == tricks.apply(name, START, second)


def test_a_replaced_layer_keeps_its_place_and_leaves_others_alone():
    recipe = START
    for name, given in (("flip", {}), ("cutout", {"size": 4}), ("vertical_flip", {}), ("noise", {})):
        recipe = tricks.apply(name, recipe, given)
    again = tricks.apply("cutout", recipe, {"size": 6})
    assert [layer.kind for layer in again.augment] == [
        "RandomFlip",
        "Cutout",
        "RandomFlip",
        "RandomGaussianNoise",
    ]
    assert [layer.options.get("mode") for layer in again.augment] == ["horizontal", None, "vertical", None]
    assert again.augment[1].options == {"size": 6}
    cropped = tricks.apply("crop_resize", tricks.apply("augment", START, {}), {"smallest_crop": 0.5})
    assert [layer.options for layer in cropped.augment] == [{"area": (0.5, 1.0), "flip": True}]


def test_two_tricks_of_one_step_that_fill_one_slot_are_refused_by_name():
    with pytest.raises(UserError, match="mixup and cutmix both set 'mix', so mixup would do nothing"):
        tricks.check_together(["flip", "mixup", "cutmix"])
    for first, second in (
        ("flip", "alternating_flip"),
        ("alternating_flip", "augment"),
        ("tta", "multi_view"),
    ):
        with pytest.raises(UserError, match=f"{second} takes the place of {first}, which would do nothing"):
            tricks.check_together([first, "cutout", second])
    tricks.check_together(["augment", "alternating_flip"])
    assert {one for name in tricks.names() for one in tricks.get(name).undoes} <= set(tricks.names())
    with pytest.raises(UserError, match="clip_value and clip_norm both set 'clip'"):
        tricks.check_together(["clip_value", "clip_norm"])
    tricks.check_together(["mixup", "cutout", "lr_decay", "tta", "monte_carlo_dropout"])
    used = [{"step": "base"}, {"step": "both", "tricks": ["mixup", "cutmix"]}]
    with pytest.raises(ValueError, match=r"ladder\.1\.tricks: mixup and cutmix both set 'mix'"):
        Study(study="x", ladder=used)


def test_a_probability_may_be_one_and_a_rate_may_not():
    sure = tricks.apply("noise", START, {"probability": 1.0})
    assert sure.augment[0].options["probability"] == 1.0
    assert tricks.apply("pixel_flip", START, {"probability": 1}).pixel_augment[0].options == {
        "probability": 1.0
    }
    for name in ("dropout", "head_dropout", "spatial_dropout", "drop_connect", "stochastic_depth"):
        with pytest.raises(UserError, match=rf"^{name}\.rate: expected less than 1, found 1"):
            tricks.apply(name, START, {"rate": 1.0})


def test_compound_scaling_by_hand():
    after = tricks.apply("compound_scaling", Recipe(widths=(10, 100), convs_per_block=(2, 3)), {"phi": 2.0})
    assert after.convs_per_block == (3, 4)  # 2 and 3 times 1.44
    assert after.widths == (12, 121)
    assert after.augment[0].options["factor"] == pytest.approx(1.3225)
    shapes = [
        node.shape
        for node in layout(after.replace(convs_per_block=1), Problem((32, 32, 3), 10, (0.0,) * 3, (1.0,) * 3))
    ]
    assert (42, 42, 3) in shapes and shapes[2] == (42, 42, 12)


def test_the_mended_contrast_is_another_configuration():
    """Trials trained before with factors of 1 and above only must not be taken for it."""
    spoiled = Layer.of("keras.layers.RandomContrast", factor=0.2, value_range=(0, 255))
    assert tricks.apply("color_jitter", START, {}).pixel_augment[1] != spoiled
    contents = {layer.model_dump_json() for layer in tricks.apply("color_jitter", START, {}).pixel_augment}
    assert spoiled.model_dump_json() not in contents


def test_parameters_of_tricks_are_numbers_where_numbers_belong():
    with pytest.raises(UserError, match=r"^dropout\.rate: expected a number, found false"):
        tricks.apply("dropout", START, {"rate": False})
    with pytest.raises(UserError, match=r"^zoom\.keep_ratio: expected true or false, found 'yes'"):
        tricks.apply("zoom", START, {"keep_ratio": "yes"})
    with pytest.raises(UserError, match=r"^cutout\.size: expected a number, found '8'"):
        tricks.apply("cutout", START, {"size": "8"})


def test_mirroring_in_turns_takes_the_place_of_mirroring_at_random_and_the_other_way_round():
    random = tricks.apply("vertical_flip", tricks.apply("flip", tricks.apply("augment", START, {}), {}), {})
    turns = tricks.apply("alternating_flip", random, {})
    assert turns.alternating_flip and not random.alternating_flip
    assert [one.kind for one in turns.augment] == [
        one.kind for one in random.augment if one.options.get("mode") != "horizontal"
    ]
    assert [one.options["flip"] for one in turns.augment if "flip" in one.options] == [False]
    for back in ({"flip": {}}, {"augment": {}}, {"augment": {"smallest_crop": 1}}):
        ((name, parameters),) = back.items()
        assert not tricks.apply(name, turns, parameters).alternating_flip
    assert tricks.apply("augment", turns, {"flip": False}).alternating_flip


def test_views_whose_logits_are_averaged_replace_other_views_and_keep_noise():
    noisy = tricks.apply("monte_carlo_dropout", tricks.apply("tta", START, {}), {})
    six = tricks.apply("multi_view", noisy, {"shift": 2, "weight": 0.4})
    expected = {
        "logit_views": LogitViews(shift=2, weight=0.4),
        "noise": ("dropout",),
        "draws": noisy.predict.draws,
    }
    assert six.predict == Prediction(**expected)
    assert tricks.apply("tta", six, {}).predict == noisy.predict


def test_a_fixed_scale_keeps_what_the_batch_normalisation_had():
    normed = tricks.apply("batch_norm", START, {"momentum": 0.7})
    fixed = tricks.apply("fixed_scale", normed, {"epsilon": 1e-3})
    assert fixed.norm.options == {"momentum": 0.7, "epsilon": 1e-3, "scale": False}
    assert tricks.apply("fixed_scale", START, {}).norm.options == {
        "momentum": 0.9,
        "epsilon": 1e-5,
        "scale": False,
    }


def test_edges_of_shifted_images_are_those_asked_for_last():
    reflected = tricks.apply("pad_crop", START, {"edges": "reflect", "padding": 2})
    assert [one.options for one in reflected.augment] == [{"padding": 2, "edges": "reflect"}]
    assert tricks.apply("pad_crop", reflected, {}) == tricks.apply("pad_crop", START, {})
