"""Weights from elsewhere: frozen ones stay, published ones come from a file or say why they cannot."""

import numpy as np
import pytest
import tiny

from ablation.errors import UserError
from ablation.networks.layout import Problem, layout
from ablation.recipe import Backbone, Freeze, Layer, Recipe

keras = pytest.importorskip("keras")

from ablation.networks.build import build  # noqa: E402
from ablation.train.weights import fetch, load_backbone, load_weights  # noqa: E402

PROBLEM = Problem((32, 32, 3), 10, (0.0,) * 3, (1.0,) * 3)
RESNET = Recipe(backbone=Backbone(weights="none"), head=(8,), precision="float32")
IMAGES = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype("float32")


@pytest.fixture(scope="module")
def resnet():
    return build(RESNET.replace(frozen=Freeze()), PROBLEM, seed=0)


def values(model) -> dict[str, np.ndarray]:
    return {weight.path: np.array(weight) for weight in model.get_layer("backbone").weights}


def test_the_backbones_figures_are_keras_own(resnet):
    node = next(node for node in layout(RESNET, PROBLEM) if node.name == "backbone")
    layer = resnet.get_layer("backbone")
    assert (node.parameters, node.shape) == (layer.count_params(), tuple(layer.output.shape[1:]))
    flops = sum(
        2 * one.kernel.shape.num_elements() * int(np.prod(one.output.shape[1:3]))
        for one in layer.layers
        if isinstance(one, keras.layers.Conv2D)
    )
    assert flops == node.flops == 157_384_704


def test_its_inputs_are_prepared_as_keras_does():
    scaling = next(node for node in layout(RESNET, PROBLEM) if node.name == "scaling")
    from ablation.networks.build import make

    expected = keras.applications.resnet50.preprocess_input(IMAGES.copy())
    np.testing.assert_allclose(make(scaling.layer, 0, "scaling")(IMAGES), expected, atol=1e-4)


@pytest.mark.slow
def test_a_frozen_backbone_keeps_its_statistics_and_a_drifting_one_only_its_weights(resnet):
    before = values(resnet)
    resnet(IMAGES, training=True)
    assert {weight.path for weight in resnet.trainable_variables} == {
        "head1/kernel", "head1/bias", "logits/kernel", "logits/bias"
    }  # fmt: skip
    assert all(np.array_equal(value, before[path]) for path, value in values(resnet).items())
    drifting = build(RESNET.replace(frozen=Freeze(statistics=False)), PROBLEM, seed=0)
    assert [weight.path for weight in drifting.trainable_variables] == [
        weight.path for weight in resnet.trainable_variables
    ]
    before = values(drifting)
    drifting(IMAGES, training=True)
    changed = {
        path.rpartition("/")[2]
        for path, value in values(drifting).items()
        if not np.array_equal(value, before[path])
    }
    assert changed == {"moving_mean", "moving_variance"}


@pytest.mark.slow
def test_a_backbone_takes_its_weights_from_a_file_and_refuses_another_networks(resnet, tmp_path):
    file = tmp_path / "resnet.weights.h5"
    resnet.get_layer("backbone").save_weights(file)
    other = build(RESNET, PROBLEM, seed=1)
    before = values(other)
    load_backbone(other, Backbone(weights="sha256:0123456789abcdef"), file)
    mine = values(resnet)
    assert all(np.array_equal(value, mine[path]) for path, value in values(other).items())
    assert any(not np.array_equal(value, mine[path]) for path, value in before.items())
    wrong = tmp_path / "other.weights.h5"
    build(tiny.recipe(), PROBLEM, seed=0).save_weights(wrong)
    with pytest.raises(UserError, match=r"--weights other\.weights\.h5: expected the weights of ResNet50"):
        load_backbone(other, Backbone(weights="sha256:0123456789abcdef"), wrong)


def test_weights_that_cannot_be_fetched_are_asked_for_in_one_line(monkeypatch, study_file, tmp_path):
    def offline(**_):
        raise Exception("URL fetch failure on https://somewhere/resnet50.h5: None")

    monkeypatch.setattr(keras.applications, "ResNet50", offline)
    with pytest.raises(UserError, match=r"ResNet50 cannot be fetched \(URL fetch .*--weights FILE"):
        fetch("ResNet50")
    file = study_file(
        network={"backbone": {"name": "ResNet50"}}, ladder=[{"step": "a", "tricks": ["freeze"]}]
    )
    with pytest.raises(UserError, match="name their file with --weights FILE"):
        tiny.run_study(file, tmp_path / "out")
    with pytest.raises(UserError, match=r"--weights .*none\.h5: cannot be read"):
        tiny.run_study(file, tmp_path / "out", weights=tmp_path / "none.h5")


def test_under_frozen_weights_training_moves_the_head_alone_and_statistics_only_where_they_may_drift(
    splits, tmp_path
):
    from ablation.train.loop import train

    norm = Layer.of("ablation.layers.batch_normalization.BatchNormalization")
    found = {}
    for name, frozen in {"frozen": Freeze(), "drifting": Freeze(statistics=False), "free": None}.items():
        trial = tiny.trial(epochs=2, norm=norm, frozen=frozen)
        train(trial, splits, keep=tmp_path / name)
        found[name] = load_weights(tmp_path / name).arrays
        untrained = {layer.name: layer for layer in build(trial.setting.recipe, PROBLEM, seed=0).layers}
        first = [np.array(weight) for weight in untrained["block1_conv1"].weights]
        same = all(map(np.array_equal, first, found[name]["block1_conv1"]))
        assert same == (name != "free")
        assert not np.array_equal(np.array(untrained["logits"].kernel), found[name]["logits"][0])
    gamma, beta, mean, variance = found["frozen"]["block1_conv1_norm"]
    assert (gamma == 1).all() and (beta == 0).all() and (mean == 0).all() and (variance == 1).all()
    gamma, beta, mean, variance = found["drifting"]["block1_conv1_norm"]
    assert (gamma == 1).all() and (beta == 0).all() and (mean != 0).all() and (variance != 1).all()


def test_a_training_that_goes_on_from_another_needs_its_weights(splits):
    from ablation import tricks
    from ablation.train.loop import train

    with pytest.raises(ValueError, match="start: the recipe goes on from another training"):
        train(tiny.trial_of(tricks.apply("fine_tune", tiny.recipe(), {})), splits)
