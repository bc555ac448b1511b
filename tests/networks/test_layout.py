"""Parameters and FLOPs against figures worked out by hand."""

import pytest

from ablation import study
from ablation.networks.layout import blank_problem, layout
from ablation.recipe import Layer, Recipe

CIFAR = blank_problem((32, 32, 3), 10)


def parameters(recipe: Recipe) -> int:
    return sum(node.parameters for node in layout(recipe, CIFAR))


def flops(recipe: Recipe) -> int:
    return sum(node.flops for node in layout(recipe, CIFAR))


@pytest.fixture(scope="module")
def ladder() -> dict[str, Recipe]:
    """The eight rungs at the lecture's size."""
    loaded = study.load("generalization")
    return {step.step: step.setting.recipe for step in study.plan(loaded, preset="full", dataset="cifar10")}


def conv(inputs: int, filters: int, bias: bool = True) -> int:
    return 9 * inputs * filters + bias * filters


BASELINE = (
    conv(3, 32) + conv(32, 32) + conv(32, 64) + conv(64, 64)
    + conv(64, 128) + conv(128, 128) + conv(128, 256) + conv(256, 256)
    + (2 * 2 * 256 * 512 + 512) + (512 * 10 + 10)
)  # fmt: skip
BATCH_NORM = BASELINE - 2 * (32 + 64 + 128 + 256) + 4 * 2 * (32 + 64 + 128 + 256)
WIDE = (
    conv(3, 64, False) + conv(64, 64, False) + conv(64, 128, False) + conv(128, 128, False)
    + conv(128, 256, False) + conv(256, 256, False) + conv(256, 512, False) + conv(512, 512, False)
    + 4 * 2 * (64 + 128 + 256 + 512)
    + (2 * 2 * 512 * 512 + 512) + (512 * 10 + 10)
)  # fmt: skip
SHORTCUTS = conv(3, 64) + conv(64, 128) + conv(128, 256) + conv(256, 512)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("baseline", 1_702_186),
        ("noise", 1_702_186),
        ("batch_norm", 1_705_066),
        ("dropout", 1_705_066),
        ("l2", 1_705_066),
        ("augment", 1_705_066),
        ("capacity", 5_745_354),
        ("residual", 7_296_330),
    ],
)
def test_parameters_of_every_rung(ladder, step, expected):
    assert parameters(ladder[step]) == expected


def test_those_figures_are_what_the_layers_add_up_to():
    assert (BASELINE, BATCH_NORM, WIDE, WIDE + SHORTCUTS) == (1_702_186, 1_705_066, 5_745_354, 7_296_330)


def test_flops_of_the_baseline(ladder):
    convolutions = (
        32 * 32 * 9 * (3 * 32 + 32 * 32)
        + 16 * 16 * 9 * (32 * 64 + 64 * 64)
        + 8 * 8 * 9 * (64 * 128 + 128 * 128)
        + 4 * 4 * 9 * (128 * 256 + 256 * 256)
    )
    assert flops(ladder["baseline"]) == 2 * (convolutions + 1024 * 512 + 512 * 10) == 106_637_312
    assert flops(ladder["augment"]) == flops(ladder["baseline"])


def test_flops_of_the_shortcuts(ladder):
    added = 9 * (16 * 16 * 3 * 64 + 8 * 8 * 64 * 128 + 4 * 4 * 128 * 256 + 2 * 2 * 256 * 512)
    assert flops(ladder["residual"]) - flops(ladder["capacity"]) == 2 * added


def test_the_vgg16_like_network_of_lecture_a():
    recipe = Recipe(widths=(64, 256, 512, 512, 512), convs_per_block=(2, 2, 3, 3, 3), head=(256, 256))
    assert parameters(recipe) == 21_034_826


def test_a_blocks_shapes_and_order():
    norm = Layer.of("keras.layers.BatchNormalization")
    drop = Layer.of("keras.layers.Dropout", rate=0.5)
    recipe = Recipe(widths=(4,), convs_per_block=1, head=(), norm=norm, shortcut="conv", block_end=(drop,))
    shapes = {node.name: node.shape for node in layout(recipe, CIFAR)}
    assert shapes == {
        "scaling": (32, 32, 3),
        "block1_conv1": (32, 32, 4),
        "block1_conv1_norm": (32, 32, 4),
        "block1_conv1_activation": (32, 32, 4),
        "block1_pool": (16, 16, 4),
        "block1_shortcut": (16, 16, 4),
        "block1_shortcut_activation": (16, 16, 4),
        "block1_merge": (16, 16, 4),
        "block1_dropout": (16, 16, 4),
        "flatten": (1024,),
        "logits": (10,),
    }
    late = recipe.replace(norm_position="after_activation")
    names = [node.name for node in layout(late, CIFAR)]
    assert names.index("block1_conv1_norm") == names.index("block1_conv1_activation") + 1


def test_normalisation_before_the_activation_takes_the_bias_over_and_after_it_does_not():
    norm = Layer.of("keras.layers.BatchNormalization")
    plain = Recipe(widths=(4,), convs_per_block=1)
    assert parameters(plain.replace(norm=norm)) == parameters(plain) - 4 + 16
    assert parameters(plain.replace(norm=norm, norm_position="after_activation")) == parameters(plain) + 16


def test_a_layers_name_does_not_depend_on_its_neighbours():
    noise, flip = (Layer.of(f"keras.layers.{kind}") for kind in ("GaussianNoise", "RandomFlip"))
    names = [node.name for node in layout(Recipe(augment=(noise, flip, noise)), CIFAR)]
    assert names[1:4] == ["augment_gaussiannoise", "augment_randomflip", "augment_gaussiannoise2"]
    assert layout(Recipe(augment=(flip,)), CIFAR)[1].name == "augment_randomflip"


def test_an_image_too_small_for_the_blocks_is_said_to_be():
    with pytest.raises(ValueError, match="6 blocks need images of at least 64 pixels a side, found 32x32"):
        layout(Recipe(widths=(4,) * 6), CIFAR)
