"""The family `fast`: the published network by its numbers, and its logits against plain NumPy."""

import math

import numpy as np
import pytest
import tiny

from ablation import study, tricks
from ablation.errors import UserError
from ablation.networks import families
from ablation.networks.layout import Problem, blank_problem, layout
from ablation.recipe import Recipe
from ablation.sides import window_side

CIFAR = blank_problem((32, 32, 3), 10)
PUBLISHED = (
    1_971_640  # of KellerJordan/cifar10-airbench, which counts trained numbers and the whitening kernel
)


def fast(*used: str, **fields) -> Recipe:
    recipe = families.settled(Recipe(**families.chosen({"family": "fast", **fields})))
    for name in used:
        recipe = tricks.apply(name, recipe, {})
    return recipe


@pytest.mark.parametrize("used", [(), ("whitening", "dirac_init")])
def test_parameters_and_flops_are_the_published_ones(used):
    nodes = layout(fast(*used), CIFAR)
    convs = 9 * (24 * 64 + 64 * 64 + 64 * 256 + 3 * 256 * 256)
    stem, shifts, classifier = 2 * 2 * 3 * 24 + 24, 2 * 64 + 4 * 256, 256 * 10
    assert convs + stem + shifts + classifier == PUBLISHED
    running = 2 * shifts  # a mean and a variance a channel
    assert sum(node.parameters for node in nodes) == PUBLISHED + running
    multiplied = 31**2 * 288 + 31**2 * 9 * 24 * 64 + 15**2 * 9 * (64 * 64 + 64 * 256)
    multiplied += 7**2 * 9 * 2 * 256 * 256 + 3**2 * 9 * 256 * 256 + 2560
    assert sum(node.flops for node in nodes) == 2 * multiplied == 236_294_720


def test_pooling_comes_before_normalisation_and_activation_in_the_blocks_too():
    for recipe in (fast(), tricks.apply("pool_first", Recipe(norm=fast().norm, activation="gelu"), {})):
        order = [node.layer.kind for node in layout(recipe, CIFAR) if node.block == 1]
        unit = ["Conv2D", "BatchNormalization", "Activation"]
        assert order == ["Conv2D", "MaxPooling2D", *unit[1:], *unit]


def test_whitening_goes_before_the_blocks_and_takes_two_filters_for_every_number_of_a_patch():
    before, after = (layout(recipe, CIFAR) for recipe in (Recipe(), tricks.apply("whitening", Recipe(), {})))
    (stem, activation), rest = after[1:3], after[3:]
    assert (stem.layer.kind, stem.shape, stem.parameters) == ("WhiteningConv2D", (32, 32, 24), 288 + 24)
    assert activation.layer.kind == "Activation"
    assert [node.name for node in (after[0], *rest)] == [node.name for node in before]


def test_the_residual_network_has_three_convolutions_and_adds_before_the_last_activation():
    recipe = fast(widths=(128, 384, 512), convs_per_block=3, options={"residual": True})
    nodes = [node for node in layout(recipe, CIFAR) if node.block == 2]
    assert [node.name.removeprefix("block2_") for node in nodes] == [
        "conv1", "pool", "conv1_norm", "conv1_activation", "conv2", "conv2_norm", "conv2_activation", "conv3",
        "conv3_norm", "merge", "conv3_activation",
    ]  # fmt: skip
    assert nodes[9].inputs == ("block2_conv3_norm", "block2_conv1_activation")
    with pytest.raises(ValueError, match=r"options\.residual: expected convs_per_block from 2"):
        layout(recipe.replace(convs_per_block=1), CIFAR)


@pytest.mark.parametrize(
    ("ladder", "text"),
    [
        ({"tricks": ["residual"]}, "residual: shortcut does nothing in family fast: it reads scaling"),
        ({"network": {"shortcut": "conv"}}, "network.shortcut: does nothing in family fast"),
        (
            {"network": {"options": {"patchs": 3}}},
            "network.options.patchs: unknown key; did you mean 'patch'?",
        ),
        ({"network": {"family": "fats"}}, "network.family: unknown 'fats'; did you mean 'fast'?"),
    ],
)
def test_what_the_family_does_not_have_is_refused_by_name(ladder, text, study_file):
    file = study_file(
        network={"family": "fast", "widths": [4]}, ladder=[{"step": "a"}, {"step": "b", **ladder}]
    )
    with pytest.raises(UserError, match=r"tiny\.yaml: ladder\.1") as caught:
        study.load(str(file))
    assert text in str(caught.value)


def convolved(x: np.ndarray, kernel: np.ndarray, padding: str) -> np.ndarray:
    size = kernel.shape[0]
    if padding == "same":
        x = np.pad(x, ((0, 0), (size // 2,) * 2, (size // 2,) * 2, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return np.einsum("nhwcij,ijcf->nhwf", windows, kernel)


def pooled(x: np.ndarray) -> np.ndarray:
    height, width = (window_side(side, 2, 2, "valid") for side in x.shape[1:3])
    return x[:, : 2 * height, : 2 * width].reshape(len(x), height, 2, width, 2, -1).max(axis=(2, 4))


def gelu(x: np.ndarray) -> np.ndarray:
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def test_logits_are_those_of_the_same_network_in_numpy():
    pytest.importorskip("keras")
    from ablation.networks.build import build

    problem = Problem((16, 16, 3), 10, (120.0, 110.0, 100.0), (60.0, 50.0, 40.0))
    recipe = fast("whitening", "dirac_init", widths=(30, 8), precision="float32")
    model, draw = build(recipe, problem, seed=0), np.random.default_rng(0)
    for layer in model.layers:
        if "norm" in layer.name:
            layer.set_weights(
                [*draw.normal(size=(2, layer.beta.shape[0])), draw.uniform(0.5, 2, layer.beta.shape[0])]
            )
    weights = {layer.name: [one.astype("float64") for one in layer.get_weights()] for layer in model.layers}
    kernel = weights["block1_conv1"][0]
    assert kernel.shape == (3, 3, 24, 30)
    np.testing.assert_array_equal(kernel[1, 1, :, :24], np.eye(24))
    assert np.abs(kernel[..., :24]).sum() == 24
    assert 0.8 / math.sqrt(9 * 24) < np.abs(kernel[..., 24:]).max() <= 1 / math.sqrt(9 * 24)

    def normed(x: np.ndarray, name: str) -> np.ndarray:
        beta, mean, variance = weights[name]
        return (x - mean) / np.sqrt(variance + 1e-5) + beta

    images = draw.integers(0, 256, (3, 16, 16, 3)).astype("float64")
    x = (images - problem.mean) / problem.deviation
    x = gelu(convolved(x, weights["patches"][0], "valid") + weights["patches"][1])
    for block in ("block1", "block2"):
        x = pooled(convolved(x, weights[f"{block}_conv1"][0], "same"))
        x = gelu(normed(x, f"{block}_conv1_norm"))
        x = convolved(x, weights[f"{block}_conv2"][0], "same")
        x = gelu(normed(x, f"{block}_conv2_norm"))
    logits = x.max(axis=(1, 2)) @ weights["logits"][0] / 9
    np.testing.assert_allclose(model(images.astype("float32"), training=False), logits, rtol=1e-4, atol=1e-5)


def test_the_whitening_kernel_is_not_trained_and_its_bias_is():
    pytest.importorskip("keras")
    from ablation.networks.build import build

    trained = {one.path for one in build(fast("whitening", widths=(4,)), CIFAR, 0).trainable_variables}
    assert {"patches/bias", "block1_conv1_norm/beta"} < trained
    assert not {"patches/kernel", "block1_conv1_norm/gamma", "logits/bias"} & trained


def test_a_recipe_without_the_new_fields_keeps_its_hash():
    """The hash that was computed before these fields were there."""
    from ablation.data.sizes import Sizes
    from ablation.study import Setting
    from ablation.study.trial import Trial

    chosen = tiny.recipe(epochs=20)
    hashes = {
        Trial(Setting(one, Sizes(train=64)), 0, "shapes", "0", "honest", "tensorflow").config_hash
        for one in (
            chosen,
            chosen.replace(epochs=20.0, logit_scale=1.0, pool_position="last", whitening=None),
        )
    }
    assert hashes == {"34da06bc9eb2b6da"}
