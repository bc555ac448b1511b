"""ResNet-20 and WRN-16-4 by hand; what applies to them and what is refused."""

from importlib.util import find_spec

import numpy as np
import pytest
import tiny

from ablation.cli import main
from ablation.data.sizes import Sizes
from ablation.errors import UserError
from ablation.networks.layout import blank_problem, graph
from ablation.recipe import Recipe
from ablation.study import Setting

CIFAR = blank_problem((32, 32, 3), 10)
WRN_16_4 = {"n": 2, "widen": 4, "preactivation": True, "shortcut": "projection"}


def setting(**options: object) -> Setting:
    """The family as a study chooses it."""
    network = {"family": "resnet", "options": options}
    return Setting(Recipe(precision="float32"), Sizes()).with_fields("", network, {}, {})


def trained(recipe: Recipe) -> int:
    """Trainable weights: all but the two running statistics that every channel of a normalisation has."""
    nodes = graph(recipe, CIFAR).nodes
    statistics = sum(2 * node.shape[-1] for node in nodes if node.layer.kind == "BatchNormalization")
    return sum(node.parameters for node in nodes) - statistics


def he(n: int) -> int:
    """Kernels without biases, gamma and beta of every convolution, the classifier: no shortcut has weights."""
    kernels = 9 * (
        3 * 16 + 2 * n * 16 * 16 + 16 * 32 + (2 * n - 1) * 32 * 32 + 32 * 64 + (2 * n - 1) * 64 * 64
    )
    norms = 2 * (16 + 2 * n * (16 + 32 + 64))
    return kernels + norms + 64 * 10 + 10


def test_resnet_20_has_269_722_trained_weights_with_option_a_and_272_474_with_projections():
    """272,474 is often given for ResNet-20: it is the form whose two projections (1x1, normalised) have weights."""
    assert trained(setting().recipe) == he(3) == 269_722
    projections = 16 * 32 + 32 * 64 + 2 * (32 + 64)
    assert trained(setting(shortcut="projection").recipe) == he(3) + projections == 272_474
    running = 2 * (16 + 6 * (16 + 32 + 64))  # our `parameters` counts the running statistics too
    assert (
        sum(node.parameters for node in graph(setting().recipe, CIFAR).nodes) == 269_722 + running == 271_098
    )


@pytest.mark.parametrize(("n", "millions"), [(5, 0.46), (7, 0.66), (9, 0.85), (18, 1.7)])
def test_the_deeper_ones_have_the_papers_millions(n, millions):
    """He et al. 2016, table 6: ResNet-32, 44, 56, 110."""
    assert trained(setting(n=n).recipe) == he(n)
    assert round(he(n) / 1e6, 2 if millions < 1 else 1) == millions


def test_wrn_16_4_has_2_75_million_weights():
    def stage(before: int, after: int) -> int:
        kernels = 9 * (before * after + 3 * after * after) + before * after
        return kernels + 2 * (before + 3 * after)  # a norm before each of four convolutions

    by_hand = 9 * 3 * 16 + stage(16, 64) + stage(64, 128) + stage(128, 256) + 2 * 256 + 256 * 10 + 10
    assert trained(setting(**WRN_16_4).recipe) == by_hand == 2_748_890


def test_flops_of_resnet_20_by_hand():
    same = (
        9 * 16 * 16 * 32 * 32
    )  # every stage's inner convolutions cost the same: half the sides, twice the channels
    halving = same // 2
    madds = 9 * 3 * 16 * 32 * 32 + 6 * same + 2 * (halving + 5 * same) + 640
    assert sum(node.flops for node in graph(setting().recipe, CIFAR).nodes) == 2 * madds == 81_102_080


def test_order_within_a_block_and_where_dropout_stands():
    with_dropout = setting(n=1).with_trick("", "dropout", {}).recipe
    names = [node.name for node in graph(with_dropout, CIFAR).body if node.block == 2]
    assert names == [f"stage2_block1_{part}" for part in (
        "shortcut", "conv1", "conv1_norm", "conv1_activation", "dropout", "conv2", "conv2_norm", "merge", "activation",
    )]  # fmt: skip
    wide = setting(n=1, preactivation=True, shortcut="projection").with_trick("", "dropout", {}).recipe
    nodes = {node.name: node for node in graph(wide, CIFAR).body}
    assert [name for name, node in nodes.items() if node.block == 2] == [f"stage2_block1_{part}" for part in (
        "conv1_norm", "conv1_activation", "shortcut", "conv1", "conv2_norm", "conv2_activation", "dropout", "conv2",
        "merge",
    )]  # fmt: skip
    assert nodes["stage2_block1_shortcut"].inputs == ("stage2_block1_conv1_activation",)
    assert nodes["stage1_block1_merge"].inputs == ("stage1_block1_conv2", "stem_conv")


def test_a_deeper_network_starts_from_the_same_weights_where_both_have_the_layer():
    few, many = ({node.name for node in graph(setting(n=n).recipe, CIFAR).nodes} for n in (1, 2))
    assert few < many


@pytest.mark.parametrize(
    ("trick", "given", "changed"),
    [
        ("group_norm", {"groups": 4}, {"GroupNormalization": 7}),
        ("dropout", {}, {"Dropout": 3}),
        ("stochastic_depth", {}, {"StochasticDepthAdd": 3}),
        ("flip", {}, {"RandomFlip": 1}),
        ("cutout", {"size": 4}, {"Cutout": 1}),
    ],
)
def test_tricks_that_apply_are_in_the_network(trick, given, changed):
    nodes = graph(setting(n=1).with_trick("", trick, given).recipe, CIFAR).nodes
    for kind, count in changed.items():
        assert sum(node.layer.kind == kind for node in nodes) == count


@pytest.mark.parametrize(
    "trick", ["optimizer", "weight_decay", "l2", "label_smoothing", "mixup", "ema", "he_init"]
)
def test_tricks_of_the_training_and_of_kernels_apply(trick):
    given = {"name": "nesterov"} if trick == "optimizer" else {}
    given = {"distribution": "uniform"} if trick == "he_init" else given
    assert setting().with_trick("", trick, given).recipe != setting().recipe


@pytest.mark.parametrize(
    ("trick", "given", "field"),
    [
        ("capacity", {}, "widths"),
        ("residual", {}, "shortcut"),
        ("fractional_pooling", {}, "pool"),
        ("batch_norm", {"position": "after_activation"}, "norm_position"),
    ],
)
def test_tricks_that_would_do_nothing_are_refused_by_name(trick, given, field):
    text = rf"ladder\.1\.{trick}: {field} does nothing in family resnet: it reads scaling, .*head_end"
    with pytest.raises(UserError, match=text):
        setting().with_trick("ladder.1.", trick, given)


def test_stochastic_depth_needs_no_shortcut_here_since_every_block_has_one():
    assert setting().with_trick("", "stochastic_depth", {}).recipe.merge.kind == "StochasticDepthAdd"


def test_an_image_too_small_is_no_matter_and_grey_images_work():
    body = graph(setting().recipe, blank_problem((5, 7, 1), 3)).body
    assert body[-1].shape == (2, 2, 64)


def test_option_a_keeps_every_second_pixel_and_pads_with_zeros():
    pytest.importorskip("keras")
    from ablation.layers.padded_identity import PaddedIdentity

    images = np.random.default_rng(0).normal(size=(2, 5, 6, 3)).astype("float32")
    out = np.array(PaddedIdentity(filters=5, strides=2)(images))
    assert out.shape == (2, 3, 3, 5)
    np.testing.assert_array_equal(out[..., :3], images[:, [0, 2, 4]][:, :, [0, 2, 4]])
    assert (out[..., 3:] == 0).all()
    with pytest.raises(ValueError, match=r"`filters` must be 3 or more\. Received: 2"):
        PaddedIdentity(filters=2)(images)
    with pytest.raises(ValueError, match=r"`strides` must be 1 or more\. Received: 0"):
        PaddedIdentity(filters=4, strides=0)


@pytest.mark.parametrize("options", [{}, WRN_16_4 | {"width": 4}, {"preactivation": True}])
def test_what_is_planned_is_what_is_built_and_can_be_frozen(options):
    keras = pytest.importorskip("keras")
    from ablation.networks.build import build
    from ablation.recipe import Freeze

    recipe = setting(**{"n": 1, "width": 4} | options).with_trick("", "dropout", {}).recipe
    written = graph(recipe, CIFAR)
    model = build(recipe.replace(frozen=Freeze(blocks=2)), CIFAR, seed=0)
    assert model.count_params() == sum(node.parameters for node in written.nodes)
    for node in written.nodes:
        layer = model.get_layer(node.name)
        assert (tuple(layer.output.shape[1:]), layer.count_params()) == (node.shape, node.parameters), (
            node.name
        )
    moved = {weight.path.split("/")[0] for weight in model.trainable_variables}
    assert moved == {
        node.name for node in written.nodes if node.parameters and node.name not in written.base(blocks=2)
    }
    assert {"logits", "stage3_block1_conv1"} <= moved and "stem_conv" not in moved
    assert isinstance(model, keras.Model)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_the_study_trains_at_smoke(backend, tmp_path, monkeypatch):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    command = ["run", "resnet", "--preset", "smoke", "--dataset", "shapes", "--seeds", "1", "--out", "out"]
    command += ["--steps", "cosine"]  # the last rung holds every trick of the ladder
    command += ["--no-report"]
    keras = pytest.importorskip("keras")
    monkeypatch.chdir(tmp_path)
    if backend == keras.config.backend():
        assert main(command) == 0
    else:
        monkeypatch.setenv("KERAS_BACKEND", backend)
        tiny.keras_python("-m", "ablation", *command, cwd=tmp_path)
    rows = tiny.table(tmp_path / "out" / "trials.csv")
    assert [row["status"] for row in rows] == ["done"]
