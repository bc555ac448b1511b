"""What augmentations draw is what their cards say, image by image: 4,000 draws each against the law itself.

Figures are read off images on which the change shows: ramps for geometry, two greys for contrast. Seeds are fixed, so
a test either always passes or never; a p-value under 0.001 is a law broken.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ablation import tricks
from ablation.recipe import Recipe

keras = pytest.importorskip("keras")

from ablation.layers.fractional_max_pooling2d import PLACES, region_starts  # noqa: E402
from ablation.layers.image_operations import OPERATIONS  # noqa: E402
from ablation.networks.build import make  # noqa: E402

DRAWS = 4_000
LEAST = 1e-3
SIDE = 17
Y, X = np.meshgrid(np.arange(SIDE, dtype="float32"), np.arange(SIDE, dtype="float32"), indexing="ij")
RAMP = np.stack([Y, X], axis=-1)  # channel 0 says in which row a pixel was, channel 1 in which column


def drawn(name: str, image: np.ndarray, **given: Any) -> np.ndarray:
    """The trick's layers on many copies of one image, one after the other."""
    recipe = tricks.apply(name, Recipe(), given)
    x = np.repeat(image[None].astype("float32"), DRAWS, axis=0)
    for layer in (*recipe.pixel_augment, *recipe.augment, *recipe.block_end):
        x = np.asarray(make(layer, 0, f"{name}/{layer.kind}")(x, training=True))
    return x


def follows(values: np.ndarray, law: Any) -> None:
    """Kolmogorov-Smirnov against a continuous law; every value its own draw."""
    assert len(np.unique(values)) > 0.9 * len(values)
    assert stats.kstest(values, law.cdf).pvalue > LEAST


def evenly(values: Sequence[Any], number: int) -> None:
    """Each of `number` outcomes as likely as any other."""
    counts = np.unique(np.asarray(values), return_counts=True)[1]
    assert len(counts) == number
    assert stats.chisquare(counts).pvalue > LEAST


def happens(hits: np.ndarray, probability: float) -> None:
    """Exact binomial test of booleans."""
    assert stats.binomtest(int(hits.sum()), hits.size, probability).pvalue > LEAST


def between(low: float, high: float) -> Any:
    return stats.uniform(low, high - low)


def independent(one: np.ndarray, other: np.ndarray) -> None:
    assert stats.spearmanr(one, other).pvalue > LEAST


@pytest.mark.parametrize(("name", "axis"), [("flip", 1), ("vertical_flip", 0)])
def test_half_of_the_images_are_mirrored(name, axis):
    out = drawn(name, RAMP)
    turned = (out == np.flip(RAMP, axis)).all(axis=(1, 2, 3))
    assert (turned | (out == RAMP).all(axis=(1, 2, 3))).all()
    happens(turned, 0.5)


def test_the_two_flips_are_independent():
    recipe = tricks.apply("vertical_flip", tricks.apply("flip", Recipe(), {}), {})
    x = np.repeat(RAMP[None], DRAWS, axis=0)
    for layer in recipe.augment:
        x = np.asarray(make(layer, 0, str(layer))(x, training=True))
    evenly(x[:, 0, 0] @ np.array([1, 2]), 4)


@pytest.mark.parametrize(("name", "given"), [("crop_resize", {}), ("augment", {"smallest_crop": 0.7})])
def test_windows_have_uniform_areas_and_places(name, given):
    out = drawn(name, RAMP, **given)
    for axis, (one, other) in enumerate((((6, 8), (10, 8)), ((8, 6), (8, 10)))):
        low, high = out[:, *one, axis], out[:, *other, axis]
        mirrored = low > high
        side = np.abs(high - low) / 4
        follows(side**2, between(0.7, 1.0))
        place = ((low + high + 1) / 2 - side * SIDE / 2) / ((1 - side) * SIDE)
        roomy = side < 0.99
        follows(place[roomy], between(0.0, 1.0))
        independent(place[roomy], side[roomy])
        happens(mirrored, 0.5 if name == "augment" and axis == 1 else 0.0)


def test_padded_crops_move_by_any_whole_number_of_pixels_alike():
    out = drawn("pad_crop", RAMP + 100, padding=3)
    shift = out[:, 8, 8] - 108
    evenly(shift[:, 0], 7)
    evenly(shift[:, 1], 7)
    independent(shift[:, 0], shift[:, 1])


def test_shifts():
    shift = (8 - drawn("translate", RAMP, share=0.1)[:, 8, 8]) / SIDE
    for axis in (0, 1):
        follows(shift[:, axis], between(-0.1, 0.1))
    independent(shift[:, 0], shift[:, 1])


def test_angles():
    out = drawn("rotate", RAMP, degrees=20)
    step = out[:, 8, 12] - out[:, 8, 8]
    np.testing.assert_allclose(np.hypot(step[:, 0], step[:, 1]), 4, atol=1e-3)
    follows(np.degrees(np.arctan2(step[:, 0], step[:, 1])), between(-20, 20))


def test_slants():
    out = drawn("shear", RAMP, share=0.3)
    step = out[:, 12, 8] - out[:, 8, 8]
    np.testing.assert_allclose(step[:, 0], 4, atol=1e-3)
    follows(step[:, 1] / 4, between(-0.3, 0.3))


@pytest.mark.parametrize("keep_ratio", [False, True])
def test_sizes(keep_ratio):
    out = drawn("zoom", RAMP, share=0.2, keep_ratio=keep_ratio)
    down, right = 4 / (out[:, 12, 8, 0] - out[:, 8, 8, 0]), 4 / (out[:, 8, 12, 1] - out[:, 8, 8, 1])
    follows(down, between(0.8, 1.2))
    follows(right, between(0.8, 1.2))
    if keep_ratio:
        np.testing.assert_allclose(down, right, atol=1e-3)
    else:
        independent(down, right)


TWO_GREYS = np.concatenate([np.full((1, 2, 3), 80.0), np.full((1, 2, 3), 120.0)])


def test_contrast_lies_on_both_sides_of_one():
    out = drawn("color_jitter", TWO_GREYS, brightness=0.0, contrast=0.2)
    np.testing.assert_allclose(out.mean(axis=(1, 2, 3)), 100, atol=1e-3)
    follows((out[:, 1, 0, 0] - out[:, 0, 0, 0]) / 40, between(0.8, 1.2))


def test_brightness_is_added_or_taken_off():
    out = drawn("color_jitter", TWO_GREYS, brightness=0.1, contrast=0.0)
    np.testing.assert_allclose(out[:, 1] - out[:, 0], 40, atol=1e-3)
    follows((out[:, 0, 0, 0] - 80) / 255, between(-0.1, 0.1))


def test_brightness_and_contrast_are_independent():
    out = drawn("color_jitter", TWO_GREYS, brightness=0.1, contrast=0.2)
    independent(out.mean(axis=(1, 2, 3)), out[:, 1, 0, 0] - out[:, 0, 0, 0])


def test_channels_are_shifted_each_by_its_own_amount():
    out = drawn("channel_shift", np.full((2, 2, 3), 128.0), share=0.3)
    amount = (out[:, 0, 0] - 128) / 255
    for channel in range(3):
        follows(amount[:, channel], between(-0.3, 0.3))
        independent(amount[:, channel], amount[:, channel - 1])
    np.testing.assert_array_equal(out[:, 0, 0], out[:, 1, 1])


def test_the_color_added_is_normal_along_every_principal_component():
    image = np.random.default_rng(0).uniform(60, 200, (12, 12, 3)) * [1, 0.7, 0.4]
    added = drawn("pca_color", image, stddev=0.1)[:, 0, 0] - image[0, 0].astype("float32")
    values, vectors = np.linalg.eigh(np.cov((image / 255).reshape(-1, 3).T, bias=True))
    factors = added / 255 @ vectors / values
    for component in range(3):
        follows(factors[:, component], stats.norm(0, 0.1))


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_noise_comes_to_its_share_of_the_images_and_is_normal(probability):
    out = drawn("noise", np.zeros((3, 3, 1)), probability=probability, stddev=0.5)
    noisy = (out != 0).any(axis=(1, 2, 3))
    happens(noisy, probability)
    assert noisy.all() == (probability == 1) and noisy.any() == (probability > 0)
    if probability:
        follows(out[noisy, 1, 1, 0], stats.norm(0, 0.5))
        independent(out[noisy, 0, 0, 0], out[noisy, 0, 1, 0])


def test_pixel_noise_is_normal_in_every_image():
    out = drawn("pixel_noise", np.zeros((2, 2, 1)), stddev=0.3)
    follows(out.ravel(), stats.norm(0, 0.3))


@pytest.mark.parametrize("probability", [0.05, 1.0])
def test_pixels_flip_each_by_itself(probability):
    out = drawn("pixel_flip", np.full((4, 4, 3), 30.0), probability=probability)
    assert set(np.unique(out)) <= {30.0, 225.0}
    turned = out[..., 0] == 225
    np.testing.assert_array_equal(turned[..., None] & np.ones(3, bool), out == 225)
    happens(turned, probability)
    if probability < 1:
        assert stats.chisquare(turned.sum(axis=0).ravel()).pvalue > LEAST
        expected = stats.binom(16, probability).pmf(np.arange(3)) * DRAWS
        found = np.bincount(turned.sum(axis=(1, 2)), minlength=17)
        pairs = np.append(found[:3], found[3:].sum()), np.append(expected, DRAWS - expected.sum())
        assert stats.chisquare(*pairs).pvalue > LEAST


def test_warps_are_normal_on_both_axes_and_smooth():
    out = drawn("elastic", RAMP, stddev=1.0, smoothness=4.0)
    moved = out - RAMP
    for axis in (0, 1):
        follows(moved[:, 8, 8, axis], stats.norm(0, 1))
    independent(moved[:, 8, 8, 0], moved[:, 8, 8, 1])
    neighbours = np.corrcoef(moved[:, 8, 8, 0], moved[:, 8, 9, 0])[0, 1]
    assert neighbours == pytest.approx(math.exp(-1 / (4 * 4**2)), abs=0.01)


def test_squares_stand_anywhere():
    out = drawn("cutout", np.ones((9, 9, 1)), size=4)[..., 0] == 0
    centres = []
    for cut in (out.any(axis=2), out.any(axis=1)):
        first, last = cut.argmax(axis=1), 8 - cut[:, ::-1].argmax(axis=1)
        centres.append(np.where(first > 0, first + 2, last - 1))
        evenly(centres[-1], 9)
    independent(*centres)


def mixed(name: str, images: np.ndarray, **given: Any) -> tuple[np.ndarray, np.ndarray]:
    layer = make(tricks.apply(name, Recipe(), given).mix, 0, f"test/{name}")
    targets = np.zeros((DRAWS, 10), "float32")
    targets[np.arange(DRAWS), np.arange(DRAWS) % 10] = 1
    out, soft = layer((images, targets), training=True)
    return np.asarray(out), np.asarray(soft)[np.arange(DRAWS), np.arange(DRAWS) % 10]


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_mixup_blends_by_a_beta_law(alpha):
    _, share = mixed("mixup", np.zeros((DRAWS, 1, 1, 1), "float32"), alpha=alpha)
    assert stats.kstest(share, stats.beta(alpha, alpha).cdf).pvalue > LEAST


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_cutmix_pastes_the_papers_rectangles(alpha):
    """Against Yun et al. 2019, algorithm A1, written out once more for each image."""
    _, kept = mixed("cutmix", np.zeros((DRAWS, 32, 32, 1), "float32"), alpha=alpha)
    rng = np.random.default_rng(1)
    ratio = np.sqrt(1 - rng.beta(alpha, alpha, 10 * DRAWS))
    area = np.ones(10 * DRAWS)
    for _ in range(2):
        length, centre = np.floor(32 * ratio), rng.integers(0, 32, 10 * DRAWS)
        start = centre - length // 2
        area *= (np.clip(start + length, 0, 32) - np.clip(start, 0, 32)) / 32
    assert stats.ks_2samp(1 - kept, area).pvalue > LEAST


@pytest.mark.parametrize("name", ["dropout", "spatial_dropout"])
def test_dropout_drops_its_share(name):
    out = drawn(name, np.ones((2, 2, 4)), rate=0.3)
    dropped = out == 0
    if name == "spatial_dropout":
        assert (dropped == dropped[:, :1, :1]).all()
        dropped = dropped[:, 0, 0]
    happens(dropped, 0.3)
    np.testing.assert_allclose(out[out != 0], 1 / 0.7, rtol=1e-6)


def test_drop_connect_and_stochastic_depth_drop_their_share():
    dense = tricks.apply("drop_connect", Recipe(), {"rate": 0.3}).dense
    layer = make(dense, 0, "test", units=DRAWS, kernel_initializer="ones", use_bias=False)
    out = np.asarray(layer(np.ones((1, 1), "float32"), training=True))
    happens(out == 0, 0.3)
    merge = make(tricks.apply("stochastic_depth", Recipe(), {"rate": 0.3}).merge, 0, "test")
    block, shortcut = np.ones((DRAWS, 1, 1, 1), "float32"), np.zeros((DRAWS, 1, 1, 1), "float32")
    happens(np.asarray(merge([block, shortcut], training=True)) == 0, 0.3)


def test_fractional_regions_start_by_every_place_alike():
    pool = tricks.apply("fractional_pooling", Recipe(), {}).pool
    ramp = np.repeat(X[None, :, :, None], DRAWS, axis=0)
    ends = np.asarray(make(pool, 0, "test")(ramp, training=True))[:, 0, :, 0].astype(int)
    regions = ends.shape[1]
    starts = np.asarray(region_starts(SIDE, regions, np.arange(PLACES, dtype="int32")))
    laws, law_counts = np.unique(starts[:, 1:] - 1, axis=0, return_counts=True)
    found, counts = np.unique(ends, axis=0, return_counts=True)
    np.testing.assert_array_equal(found, laws)
    # Both axes draw alike; of one image all rows have the same columns.
    assert stats.chisquare(counts, law_counts / PLACES * DRAWS).pvalue > LEAST


@pytest.fixture
def operated(monkeypatch):
    """What a layer of learned augmentation asks of `operate`: (operation, strength), each (images,)."""
    asked: list[tuple[np.ndarray, np.ndarray]] = []

    def operate(images: Any, operation: Any, strength: Any) -> Any:
        asked.append((np.asarray(operation), np.asarray(strength)))
        return images

    for module in ("rand_augment", "auto_augment"):
        monkeypatch.setattr(f"ablation.layers.{module}.operate", operate)
    return asked


def test_rand_augment_draws_each_operation_and_direction_alike(operated):
    drawn("rand_augment", np.zeros((3, 3, 3)), number=2, magnitude=5)
    assert len(operated) == 2
    for operation, strength in operated:
        evenly(operation, 14)
        assert set(np.abs(strength).tolist()) == {0.5}
        happens(strength > 0, 0.5)
    evenly(operated[0][0] * 14 + operated[1][0], 196)


def test_auto_augment_draws_each_sub_policy_alike_and_by_its_probabilities(operated):
    from ablation.layers.auto_augment import CIFAR10_POLICY

    drawn("auto_augment", np.zeros((3, 3, 3)))
    for turn, (operation, strength) in enumerate(operated):
        expected = dict.fromkeys(OPERATIONS, 0.0)
        for policy in CIFAR10_POLICY:
            name, probability, _ = policy[turn]
            expected[name] += probability / len(CIFAR10_POLICY)
        expected["identity"] = 1 - sum(expected.values())
        for name, probability in expected.items():
            happens(operation == OPERATIONS.index(name), min(max(probability, 0.0), 1.0))
        if turn == 0:
            happens(strength[operation == OPERATIONS.index("rotate")] > 0, 0.5)


# `alternating_flip` mirrors in the engine's gather: tests/train/test_fast_training.py
NOT_RANDOM = ("alternating_flip", "compound_scaling", "global_pooling", "pool_first")


def test_no_augmentation_is_left_out():
    here = Path(__file__).read_text(encoding="utf-8")
    random = {"pixel_augment", "augment", "mix", "block_end", "merge", "dense", "pool"}
    for name in tricks.names():
        if random & set(tricks.get(name).changes) and name not in NOT_RANDOM:
            assert f'"{name}"' in here, name
