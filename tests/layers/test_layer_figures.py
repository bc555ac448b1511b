"""The layers' arithmetic, by hand or against an independent implementation."""

import math

import numpy as np
import own_layers
import pytest

keras = pytest.importorskip("keras")

from ablation.initializers import LectureHe, LectureXavier  # noqa: E402
from ablation.layers.auto_augment import _tables  # noqa: E402
from ablation.layers.batch_normalization import BatchNormalization  # noqa: E402
from ablation.layers.cutmix import Cutmix  # noqa: E402
from ablation.layers.cutout import Cutout  # noqa: E402
from ablation.layers.drop_connect_dense import DropConnectDense  # noqa: E402
from ablation.layers.enlarge import Enlarge  # noqa: E402
from ablation.layers.fractional_max_pooling2d import (  # noqa: E402
    PLACES,
    FractionalMaxPooling2D,
    region_starts,
)
from ablation.layers.image_operations import OPERATIONS, operate  # noqa: E402
from ablation.layers.mixup import Mixup  # noqa: E402
from ablation.layers.random_affine import affine  # noqa: E402
from ablation.layers.random_elastic import _looked_up  # noqa: E402
from ablation.layers.random_pad_crop import RandomPadCrop  # noqa: E402
from ablation.layers.random_pca_color import RandomPcaColor  # noqa: E402
from ablation.layers.stochastic_depth_add import StochasticDepthAdd  # noqa: E402
from ablation.sides import pooled_side  # noqa: E402

RNG = np.random.default_rng(7)
NOISE = RNG.integers(0, 256, (4, 9, 9, 3)).astype("float32")


def test_a_shift_moves_down_and_right_and_repeats_the_edge():
    moved = np.array(affine(NOISE, shift_y=2.0, shift_x=1.0))
    np.testing.assert_allclose(moved[:, 2:, 1:], NOISE[:, :-2, :-1], atol=1e-3)
    np.testing.assert_allclose(moved[:, 0, 1:], NOISE[:, 0, :-1], atol=1e-3)
    grey = np.array(affine(NOISE, shift_y=2.0, fill_value=128.0))
    np.testing.assert_allclose(grey[:, :2], 128)


def test_a_quarter_turn_is_numpys():
    np.testing.assert_allclose(
        np.array(affine(NOISE, angle=math.pi / 2)), np.rot90(NOISE, axes=(1, 2)), atol=1e-2
    )


def test_magnified_twice_every_second_pixel_is_an_old_one():
    larger = np.array(affine(NOISE, zoom_y=2.0, zoom_x=2.0))
    np.testing.assert_allclose(larger[:, ::2, ::2], NOISE[:, 2:7, 2:7], atol=1e-3)


def test_a_shear_moves_each_row_by_its_distance_from_the_centre():
    sheared = np.array(affine(NOISE, shear_x=1.0))
    for row in range(9):
        left = max(0, 4 - row)
        right = min(9, 13 - row)
        np.testing.assert_allclose(
            sheared[:, row, left:right], NOISE[:, row, left + row - 4 : right + row - 4], atol=1e-3
        )


def test_every_image_has_its_own_map():
    moved = np.array(affine(NOISE, shift_x=np.array([0, 1, 2, 3], "float32")))
    for shift in range(4):
        np.testing.assert_allclose(moved[shift, :, shift:], NOISE[shift, :, : 9 - shift], atol=1e-3)


def test_pad_and_crop_gives_one_of_the_windows_of_the_padded_image():
    image = NOISE[0] + 1
    out = np.array(RandomPadCrop(2, seed=0)(np.repeat(image[None], 300, axis=0), training=True))
    padded = np.pad(image, ((2, 2), (2, 2), (0, 0)))
    windows = [padded[i : i + 9, j : j + 9] for i in range(5) for j in range(5)]
    which = [next(i for i, window in enumerate(windows) if np.array_equal(window, one)) for one in out]
    assert set(which) == set(range(25))


def test_pca_color_adds_one_color_an_image_whose_covariance_is_that_of_the_paper():
    base = RNG.normal(128, 40, (2000, 1, 1, 3)).astype("float32") + RNG.normal(0, 30, (2000, 2, 2, 1))
    images = base.astype("float32")
    out = np.array(RandomPcaColor(0.1, seed=0)(images, training=True))
    added = out - images
    np.testing.assert_allclose(added - added[:, :1, :1], 0, atol=1e-3)
    covariance = np.cov((images / 255).reshape(-1, 3).T, bias=True)
    values, vectors = np.linalg.eigh(covariance)
    expected = vectors @ np.diag((0.1 * values) ** 2) @ vectors.T * 255**2
    np.testing.assert_allclose(np.cov(added[:, 0, 0].T), expected, atol=0.1 * expected.max())


def test_cutout_takes_one_square_and_only_clips_it_at_the_edge():
    images = np.ones((500, 12, 12, 2), "float32")
    out = np.array(Cutout(5, seed=0)(images, training=True))
    assert set(np.unique(out)) == {0.0, 1.0}
    sizes = set()
    for image in out:
        rows, columns = (
            np.nonzero((image == 0).any(axis=(1, 2)))[0],
            np.nonzero((image == 0).any(axis=(0, 2)))[0],
        )
        assert (image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] == 0).all()
        assert (image == 0).sum() == 2 * len(rows) * len(columns)
        sizes.add((len(rows), len(columns)))
    assert max(sizes) == (5, 5) and min(sizes)[0] >= 3


def pillow(name: str, image: np.ndarray, strength: float) -> np.ndarray:
    pil = pytest.importorskip("PIL.Image")
    from PIL import ImageEnhance, ImageOps

    picture = pil.fromarray(image.astype("uint8"))
    enhancers = {
        "color": ImageEnhance.Color,
        "contrast": ImageEnhance.Contrast,
        "brightness": ImageEnhance.Brightness,
        "sharpness": ImageEnhance.Sharpness,
    }
    if name in enhancers:
        done = enhancers[name](picture).enhance(1 + 0.9 * strength)
    else:
        amount = abs(strength)
        done = {
            "identity": lambda: picture,
            "auto_contrast": lambda: ImageOps.autocontrast(picture),
            "equalize": lambda: ImageOps.equalize(picture),
            "solarize": lambda: ImageOps.solarize(picture, math.ceil(256 * (1 - amount))),
            "posterize": lambda: ImageOps.posterize(picture, 8 - round(4 * amount)),
            "invert": lambda: ImageOps.invert(picture),
        }[name]()
    return np.asarray(done, dtype="float32")


@pytest.mark.parametrize("strength", [0.7, -0.4])
@pytest.mark.parametrize(
    "name",
    [name for name in OPERATIONS if not name.startswith(("rotate", "shear", "translate"))],
)
def test_operations_on_tone_and_color_are_pillows(name, strength):
    dark = np.clip(NOISE * [0.3, 0.6, 0.9] + 20, 0, 255).round().astype("float32")
    images = np.concatenate([own_layers.images(2)[:, :9, :9], dark])
    count = len(images)
    operation = np.full(count, OPERATIONS.index(name), "int32")
    out = np.array(operate(images, operation, np.full(count, strength, "float32")))
    expected = np.stack([pillow(name, image, strength) for image in images])
    assert np.abs(out - expected).max() <= (
        0 if name in ("identity", "equalize", "posterize", "invert") else 1
    )


def test_operations_on_geometry_move_by_the_papers_amounts():
    image = np.zeros((1, 32, 32, 3), "float32")
    image[:, 16, 16] = 255
    at = {name: np.array([OPERATIONS.index(name)], "int32") for name in OPERATIONS}
    full = np.ones(1, "float32")
    moved = np.array(operate(image, at["translate_x"], full))
    assert moved[0, 16, 26, 0] == 255 and moved[0, 16, 0, 0] == 128
    moved = np.array(operate(image, at["translate_y"], -full))
    assert moved[0, 6, 16, 0] == 255 and moved[0, 31, 16, 0] == 128


def test_autoaugments_first_and_twentieth_pairs_by_hand():
    operations, probabilities, strengths, signed = _tables()
    assert operations.shape == (25, 2)
    assert [OPERATIONS[i] for i in operations[0]] == ["invert", "contrast"]
    np.testing.assert_allclose(probabilities[0], [0.1, 0.2])
    assert 1 + 0.9 * strengths[0, 1] == pytest.approx(0.1 + 0.18 * 6)  # contrast 6 of 0.1..1.9
    assert [OPERATIONS[i] for i in operations[19]] == ["brightness", "color"]
    assert 1 + 0.9 * strengths[19, 1] == pytest.approx(0.1)
    assert OPERATIONS[operations[1, 0]] == "rotate" and 30 * strengths[1, 0] == pytest.approx(6)
    assert signed[1].tolist() == [True, True] and signed[19].tolist() == [False, False]


@pytest.mark.parametrize("side", [1, 2, 3, 5, 7, 10, 13, 16, 22, 32])
@pytest.mark.parametrize("ratio", [1.1, math.sqrt(2), 1.5, 1.9, 2.0])
def test_fractional_regions_are_one_or_two_wide_and_fill_the_side(side, ratio):
    regions = pooled_side(side, ratio)
    assert regions == max(int(side / ratio), -(-side // 2))
    starts = np.array(region_starts(side, regions, np.arange(PLACES, dtype="int32")))
    assert starts.shape == (PLACES, regions + 1)
    assert (starts[:, 0] == 0).all() and (starts[:, -1] == side).all()
    assert set(np.unique(np.diff(starts))) <= {1, 2}


def test_fractional_pooling_is_the_largest_of_each_region():
    layer = FractionalMaxPooling2D(1.5)
    out = np.array(layer(NOISE))
    assert out.shape == (4, 6, 6, 3) == layer.compute_output_shape(NOISE.shape)
    (starts,) = np.array(region_starts(9, 6, np.array([PLACES // 2], "int32")))
    for i in range(6):
        for j in range(6):
            region = NOISE[:, starts[i] : starts[i + 1], starts[j] : starts[j + 1]]
            np.testing.assert_array_equal(out[:, i, j], region.max(axis=(1, 2)))
    halved = np.array(FractionalMaxPooling2D(2.0, seed=0)(NOISE[:, :8, :8], training=True))
    np.testing.assert_array_equal(halved, keras.layers.MaxPooling2D()(NOISE[:, :8, :8]))


def test_drop_connect_drops_single_weights_and_keeps_the_expectation():
    layer = DropConnectDense(400, 0.3, seed=0, bias_initializer="ones")
    identity = np.eye(50, dtype="float32")
    whole = np.array(layer(identity)) - 1
    np.testing.assert_allclose(whole, np.array(layer.kernel), atol=1e-6)
    dropped = np.array(layer(identity, training=True)) - 1
    gone = np.abs(dropped) < 1e-6
    assert gone.mean() == pytest.approx(0.3, abs=0.01)
    np.testing.assert_allclose(dropped[~gone], (whole / 0.7)[~gone], atol=1e-5)
    x = RNG.normal(size=(1, 50)).astype("float32")
    mean = np.mean([np.array(layer(x, training=True)) for _ in range(100)], axis=0)
    spread = np.sqrt(((x.T * whole) ** 2).sum(axis=0) * 0.3 / 0.7 / 100)
    assert (np.abs(mean - np.array(layer(x))) < 5 * spread).all()


def test_dropout_keeps_the_expectation():
    out = np.array(keras.layers.Dropout(0.25, seed=0)(np.full((100_000,), 3.0, "float32"), training=True))
    assert set(np.unique(out).tolist()) == {0.0, 4.0}
    assert out.mean() == pytest.approx(3.0, abs=0.03)


def test_stochastic_depth_leaves_out_whole_blocks_and_keeps_the_expectation():
    block, shortcut = np.full((4000, 1, 1, 1), 6.0, "float32"), np.ones((4000, 1, 1, 1), "float32")
    layer = StochasticDepthAdd(0.4, seed=0)
    out = np.array(layer([block, shortcut], training=True))
    assert np.unique(out.round(4)).tolist() == [1.0, 11.0]
    assert out.mean() == pytest.approx(7.0, abs=0.25)
    np.testing.assert_array_equal(layer([block, shortcut]), block + shortcut)


def test_mixup_blends_images_and_labels_by_one_share_drawn_from_beta():
    images = RNG.normal(size=(20_000, 2, 2, 1)).astype("float32")
    targets = np.zeros((20_000, 20_000 // 1000), "float32")
    targets[np.arange(20_000), np.arange(20_000) % 20] = 1
    mixed, soft = (np.array(part) for part in Mixup(0.4, seed=0)((images, targets), training=True))
    share = soft[np.arange(20_000), np.arange(20_000) % 20]
    of_image = share[:, None, None, None]
    np.testing.assert_allclose(
        mixed, of_image * images + (1 - of_image) * np.roll(images, -1, axis=0), atol=1e-5
    )
    np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-5)
    assert share.mean() == pytest.approx(0.5, abs=0.01)
    assert share.var() == pytest.approx(1 / (4 * (2 * 0.4 + 1)), rel=0.03)


def test_cutmix_weighs_labels_by_the_area_that_was_pasted():
    count = 3000
    images = np.arange(count, dtype="float32")[:, None, None, None] * np.ones((1, 16, 16, 1), "float32")
    targets = np.eye(10, dtype="float32")[np.arange(count) % 10]
    mixed, soft = (np.array(part) for part in Cutmix(1.0, seed=0)((images, targets), training=True))
    pasted = mixed == np.roll(images, -1, axis=0)
    assert (pasted | (mixed == images)).all()
    area = pasted.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(soft[np.arange(count), np.arange(count) % 10], 1 - area, atol=1e-6)
    np.testing.assert_allclose(soft[np.arange(count), np.arange(1, count + 1) % 10], area, atol=1e-6)
    for image in pasted[:200, :, :, 0]:
        assert image.sum() == image.any(axis=1).sum() * image.any(axis=0).sum()
    assert 0.25 < area.mean() < 0.5  # half of the area on average, less what the edges clip


@pytest.mark.parametrize(
    ("initializer", "conv", "dense"),
    [
        (LectureXavier(seed=0), math.sqrt(2 / (9 * (64 + 128))), math.sqrt(2 / (300 + 200))),
        (LectureXavier(corrected=False, seed=0), math.sqrt(2 / (3 + 3)), math.sqrt(2 / (300 + 200))),
        (LectureHe("relu", seed=0), math.sqrt(4 / (9 * (64 + 128))), math.sqrt(4 / 500)),
        (LectureHe("tanh", seed=0), 4 * math.sqrt(2 / (9 * (64 + 128))), 4 * math.sqrt(2 / 500)),
        (LectureHe("sigmoid", seed=0), math.sqrt(2 / (9 * (64 + 128))), math.sqrt(2 / 500)),
        (LectureHe("relu", corrected=False, seed=0), math.sqrt(4 / 6), math.sqrt(4 / 500)),
    ],
)
def test_the_lectures_initialisers_by_hand(initializer, conv, dense):
    for shape, stddev in (((3, 3, 64, 128), conv), ((300, 200), dense)):
        weights = np.array(initializer(shape))
        assert weights.std() == pytest.approx(stddev, rel=0.02)
        assert weights.mean() == pytest.approx(0, abs=0.02 * stddev)
    again = keras.initializers.deserialize(keras.initializers.serialize(initializer))
    np.testing.assert_array_equal(again((3, 3, 4, 5)), initializer((3, 3, 4, 5)))


def test_an_unknown_activation_of_the_lectures_he_is_named():
    with pytest.raises(ValueError, match=r"one of sigmoid, tanh, relu\. Received: 'elu'"):
        LectureHe("elu")


def test_our_batch_normalisation_is_keras_to_rounding():
    import tensorflow as tf

    inputs = RNG.normal(3, 2, (8, 5, 6, 4)).astype("float32")
    upstream = RNG.normal(size=inputs.shape).astype("float32")
    ours, theirs = (
        kind(momentum=0.9, epsilon=1e-5) for kind in (BatchNormalization, keras.layers.BatchNormalization)
    )
    found = []
    for layer in (ours, theirs):
        layer.build(inputs.shape)
        layer.gamma.assign([0.5, 1.0, 2.0, -1.0])
        layer.beta.assign([1.0, 0.0, -1.0, 3.0])
        x = tf.Variable(inputs)
        with tf.GradientTape() as tape:
            outputs = layer(x, training=True)
            loss = tf.reduce_sum(outputs * upstream)
        gradients = tape.gradient(loss, [x, layer.gamma.value, layer.beta.value])
        layer(inputs * 2, training=True)
        found.append(
            [outputs, *gradients, layer.moving_mean, layer.moving_variance, layer(inputs, training=False)]
        )
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(np.array(one), np.array(other), rtol=1e-4, atol=1e-4)


def test_enlarged_and_reduced_by_a_factor_with_the_mean_kept():
    for factor, side in ((1.15, 10), (2.0, 18), (0.5, 4), (0.01, 1)):
        layer = Enlarge(factor)
        out = np.array(layer(NOISE))
        assert out.shape == (4, side, side, 3) == layer.compute_output_shape(NOISE.shape)
    constant = np.full((1, 9, 9, 3), 7.0, "float32")
    np.testing.assert_allclose(np.array(Enlarge(1.15)(constant)), 7.0, rtol=1e-6)
    ramp = np.arange(9, dtype="float32")[None, :, None, None] * np.ones((1, 1, 9, 1), "float32")
    np.testing.assert_allclose(
        np.array(Enlarge(2.0)(ramp))[0, 1:-1, 0, 0], np.arange(16) / 2 + 0.25, atol=1e-5
    )


def test_a_warp_reads_bilinearly_and_repeats_the_edge():
    y, x = np.meshgrid(np.arange(9.0), np.arange(9.0), indexing="ij")
    shifted = np.array(
        _looked_up(NOISE, *(np.repeat(one[None], 4, 0).astype("float32") for one in (y + 2, x - 1)))
    )
    np.testing.assert_allclose(shifted[:, :-2, 1:], NOISE[:, 2:, :-1], atol=1e-3)
    np.testing.assert_allclose(shifted[:, -2:, 1:], np.repeat(NOISE[:, -1:, :-1], 2, axis=1), atol=1e-3)
    halves = np.array(
        _looked_up(NOISE, *(np.repeat(one[None], 4, 0).astype("float32") for one in (y, x + 0.5)))
    )
    np.testing.assert_allclose(halves[:, :, :-1], (NOISE[:, :, :-1] + NOISE[:, :, 1:]) / 2, atol=1e-3)
