"""Networks of `keras.applications` as a body: all of them, known without Keras, built, counted, frozen in part."""

from types import ModuleType

import numpy as np
import pytest
import tiny

from ablation import tricks
from ablation.layers.image_net_scaling import ImageNetScaling
from ablation.networks.backbones import BACKBONES, published
from ablation.networks.graph import blank_problem
from ablation.networks.layout import layout
from ablation.recipe import Backbone, Freeze, Layer, Recipe
from ablation.train.weights import load_backbone

keras = pytest.importorskip("keras")

from ablation.networks.build import build  # noqa: E402

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype("float32")
POOLED = Layer.of("keras.layers.GlobalAveragePooling2D")
GIGA = {
    ("VGG16", 224): 15.35,
    ("ResNet50", 224): 3.86,
    ("DenseNet121", 224): 2.83,
    ("MobileNetV2", 224): 0.300,
    ("MobileNetV3Large", 224): 0.217,
    ("EfficientNetB0", 224): 0.386,
    ("ConvNeXtTiny", 224): 4.46,
    ("InceptionV3", 299): 5.71,
    ("Xception", 299): 8.36,
}
"""Billions of multiply-adds an image as published with the networks, most with their heads of 1,000 classes."""


PARAMETERS = {"VGG16": 14_714_688, "ResNet50": 23_587_712, "DenseNet121": 7_037_504, "Xception": 20_861_480}
"""Without their heads, as in Keras' own files of weights."""


def recipe(name: str, weights: str = "none", **fields) -> Recipe:
    fields = {"head": (), "flatten": POOLED, "precision": "float32"} | fields
    return Recipe(backbone=Backbone(name=name, weights=weights), **fields)


def body(given: Recipe, side: int = 32, channels: int = 3):
    nodes = layout(given, blank_problem((side, side, channels), 10))
    return next(node for node in nodes if node.name == "backbone")


def home(name: str) -> ModuleType:
    """The module of `keras.applications` that has a network and its preprocessing."""
    return getattr(keras.applications, getattr(keras.applications, name).__module__.rpartition(".")[2])


def test_all_networks_of_keras_are_known():
    functions = {name for name, one in vars(keras.applications).items() if callable(one)}
    assert set(BACKBONES) == functions


@pytest.mark.parametrize("name", BACKBONES)
def test_each_has_its_own_preprocessing(name):
    expected = home(name).preprocess_input(IMAGES.copy())
    if name.startswith("EfficientNetB"):  # its own layers, which ImageNet's weights fill: that of torch
        expected = keras.applications.densenet.preprocess_input(IMAGES.copy())
    found = ImageNetScaling(published(name).preprocessing)(IMAGES)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_grey_images_are_shown_as_rgb():
    grey = IMAGES[..., :1]
    found = ImageNetScaling("torch")(grey)
    np.testing.assert_allclose(found, ImageNetScaling("torch")(grey.repeat(3, -1)))
    assert body(recipe("MobileNetV2"), channels=1).shape == (1, 1, 1280)


@pytest.mark.parametrize(
    ("name", "side", "told"),
    [
        ("ResNet5O", 32, "network.backbone.name: unknown 'ResNet5O'; did you mean 'ResNet50'?"),
        (
            "Xception",
            70,
            "Xception needs images of at least 71x71 pixels, found 70x70; data.size: 71 resizes",
        ),
        ("VGG16", 28, "VGG16 needs images of at least 32x32 pixels, found 28x28; data.size: 32 resizes them"),
    ],
)
def test_what_cannot_be_is_one_line_in_the_plan(name, side, told, study_file, capsys):
    from ablation.cli import main

    file = study_file(network={"backbone": name}, data={"train": 8, "val": 4, "test": 4, "size": side})
    assert main(["plan", str(file), "--preset", "full"]) == 2
    line = capsys.readouterr().err
    assert told in line and line.count("\n") == 1


@pytest.mark.parametrize("name", ["Xception", "InceptionV3", "MobileNet"])
def test_the_smallest_images_are_those_that_keras_takes(name):
    least = published(name).least
    make = getattr(keras.applications, name)
    with pytest.raises(ValueError, match=f"at least {least}x{least}"):
        make(include_top=False, weights=None, input_shape=(least - 1, least - 1, 3))
    assert min(body(recipe(name), least).shape) >= 1


def test_images_are_as_large_as_the_layers_before_make_them():
    larger = Layer.of("ablation.layers.enlarge.Enlarge", factor=2.0)
    assert body(recipe("MobileNet", augment=(larger,))).shape == (2, 2, 1024)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "side"), GIGA)
def test_flops_are_the_published_ones(name, side):
    node = body(recipe(name), side)
    assert node.flops / 2e9 == pytest.approx(GIGA[name, side], rel=0.03)
    assert node.parameters == PARAMETERS.get(name, node.parameters)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["EfficientNetB0", "MobileNetV3Small", "ConvNeXtTiny"])
def test_built_as_counted_and_twice_the_same(name):
    problem = blank_problem((32, 32, 3), 10)
    one, two = (build(recipe(name), problem, seed=0) for _ in range(2))
    node = body(recipe(name))
    layer = one.get_layer("backbone")
    assert (node.parameters, node.shape) == (layer.count_params(), tuple(layer.output.shape[1:]))
    for first, second in zip(one.weights, two.weights, strict=True):
        np.testing.assert_array_equal(first, second)
    noisy = [np.asarray(network(IMAGES, training=True)) for network in (one, two)]
    np.testing.assert_allclose(noisy[0], noisy[1], atol=1e-5)


@pytest.mark.slow
def test_another_seed_is_another_network():
    one, other = (build(recipe("MobileNetV3Small"), blank_problem((32, 32, 3), 10), seed) for seed in (0, 1))
    assert any(not np.array_equal(a, b) for a, b in zip(one.weights, other.weights, strict=True))


@pytest.mark.slow
def test_published_weights_of_efficientnet_go_into_the_network_without_its_preprocessing(tmp_path):
    """Keras' own file of weights has the preprocessing's state, and its ImageNet form divides once more."""
    file = tmp_path / "efficientnetb0_notop.weights.h5"
    source = keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=(32, 32, 3))
    rng = np.random.default_rng(0)
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    state = source.get_layer(next(one.name for one in source.layers if one.name.startswith("normalization")))
    values = [rng.normal(0.05, 0.02, weight.shape) for weight in source.weights]
    source.set_weights([np.abs(value) for value in values])
    state.set_weights([mean, deviation, np.array(1)])
    source.save_weights(file)
    model = build(recipe("EfficientNetB0", "imagenet"), blank_problem((32, 32, 3), 10), seed=0)
    load_backbone(model, Backbone(name="EfficientNetB0"), file)
    # as Keras builds it for ImageNet's weights: (x / 255 - mean) / sqrt(variance), then by sqrt(deviation) once more
    prepared = (IMAGES / 255 - mean) / np.sqrt(deviation) / np.sqrt(deviation)
    rest = keras.Model(source.get_layer("stem_conv_pad").input, source.output)
    mine = model.get_layer("backbone")(model.get_layer("scaling")(IMAGES))
    np.testing.assert_allclose(mine, rest(prepared.astype("float32")), rtol=1e-3, atol=1e-5)


def test_the_last_layers_of_a_frozen_backbone_are_trained():
    problem = blank_problem((32, 32, 3), 10)
    frozen = recipe("MobileNet", frozen=Freeze(but_last=6))
    model = build(frozen, problem, seed=0)
    layers = model.get_layer("backbone").layers
    assert [one for one in layers if one.trainable and one.weights] == [
        one for one in layers[-6:] if one.weights
    ]
    assert {one.path.partition("/")[0] for one in model.trainable_variables} == {
        *(one.name for one in layers[-6:] if one.trainable_weights), "logits"
    }  # fmt: skip
    with pytest.raises(
        ValueError, match=r"frozen.but_last: expected fewer than the backbone's 86 layers, found 86"
    ):
        build(recipe("MobileNet", frozen=Freeze(but_last=86)), problem, seed=0)
    with pytest.raises(ValueError, match=r"frozen.but_last: expected a backbone"):
        layout(tiny.recipe(frozen=Freeze(but_last=2)), problem)


def test_fine_tuning_goes_on_with_the_last_layers():
    tuned = tricks.apply("fine_tune", recipe("MobileNet"), {"last": 6})
    assert tuned.frozen == Freeze(but_last=6) and tuned.warm_up.frozen == Freeze()
    assert tricks.apply("fine_tune", recipe("MobileNet"), {}).frozen is None


@pytest.mark.slow
def test_from_scratch_frozen_and_fine_tuned_train_without_a_network(study_file, tmp_path, uncompiled):
    ladder = [
        {"step": "frozen", "tricks": ["freeze"]},
        {"step": "tuned", "tricks": [{"fine_tune": {"epochs": 1, "last": 6}}]},
        {"step": "whole", "from": "frozen", "training": {"frozen": None}},
    ]
    network = {
        "backbone": {"name": "MobileNet", "weights": "none"},
        "flatten": POOLED.model_dump(),
        "head": [],
    }
    file = study_file(ladder=ladder, network=network, training={"epochs": 1, "batch_size": 16})
    outcome = tiny.run_study(file, tmp_path / "out")
    rows = tiny.table(tmp_path / "out" / "trials.csv")
    assert outcome.bad == 0 and {row["status"] for row in rows} == {"done"}
    assert {row["parameters"] for row in rows} == {str(3_228_864 + 1024 * 10 + 10)}
    assert len({row["train_loss"] for row in rows}) == 3
