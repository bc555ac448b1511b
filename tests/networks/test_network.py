"""What a recipe is built into: weights, penalties, streams of randomness."""

from typing import Any

import numpy as np
import pytest
import tiny

from ablation import tricks
from ablation.networks.layout import Problem, layout
from ablation.recipe import Layer, Recipe

keras = pytest.importorskip("keras")

from ablation.networks.build import build, make, make_optimizer  # noqa: E402

PROBLEM = Problem((16, 16, 3), 10, (120.0, 110.0, 100.0), (60.0, 50.0, 40.0))
IMAGES = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3)).astype("float32")


def rungs() -> dict[str, Recipe]:
    """The ladder's rungs on a tiny network."""
    ladder = {"baseline": tiny.recipe(widths=(4, 8), convs_per_block=2)}
    for name in ("noise", "batch_norm", "dropout", "l2", "augment", "capacity", "residual"):
        ladder[name] = tricks.apply(name, list(ladder.values())[-1], {})
    return ladder


RUNGS = rungs()


def weights(model: Any) -> dict[str, np.ndarray]:
    return {weight.path: np.array(weight) for weight in model.weights}


def streams(model: Any) -> dict[str, list[int]]:
    """State of every layer's random generator."""
    return {
        layer.name: [int(number) for number in np.array(variable).ravel()]
        for layer in model.layers
        for variable in layer.variables
        if "seed" in variable.path
    }


@pytest.mark.parametrize("step", RUNGS)
def test_what_is_planned_is_what_is_built(step):
    model = build(RUNGS[step], PROBLEM, seed=0)
    nodes = layout(RUNGS[step], PROBLEM)
    assert model.count_params() == sum(node.parameters for node in nodes)
    for node in nodes:
        layer = model.get_layer(node.name)
        assert layer.count_params() == node.parameters, node.name
        assert tuple(layer.output.shape[1:]) == node.shape, node.name


def test_inputs_are_standardised_per_channel():
    model = build(tiny.recipe(), PROBLEM, seed=0)
    scaled = keras.Model(model.input, model.get_layer("scaling").output)
    expected = (IMAGES - [120, 110, 100]) / [60, 50, 40]
    np.testing.assert_allclose(scaled(IMAGES), expected, atol=1e-5)
    for scaling, by in (("unit", 255), ("none", 1)):
        model = build(tiny.recipe(scaling=scaling), PROBLEM, seed=0)
        scaled = keras.Model(model.input, model.get_layer("scaling").output)
        np.testing.assert_allclose(scaled(IMAGES), IMAGES / by, rtol=1e-6)


def test_kernels_start_from_he_normal_and_biases_from_zero():
    built = weights(build(tiny.recipe(widths=(64,), head=(256,)), PROBLEM, seed=1))
    head = built["head1/kernel"]
    assert head.std() == pytest.approx(np.sqrt(2 / (8 * 8 * 64)), rel=0.01)
    assert all((value == 0).all() for name, value in built.items() if name.endswith("bias"))


def test_one_seed_gives_the_same_initial_weights_to_the_layers_that_two_rungs_share():
    narrow = [step for step in RUNGS if step not in ("capacity", "residual")]
    built = {step: weights(build(RUNGS[step], PROBLEM, seed=3)) for step in narrow}
    kernels = {name for name in built["baseline"] if name.endswith("kernel")}
    assert len(kernels) == 6
    for step in narrow:
        for name in kernels:
            np.testing.assert_array_equal(built[step][name], built["baseline"][name])
    wide, residual = (weights(build(RUNGS[step], PROBLEM, seed=3)) for step in ("capacity", "residual"))
    for name, value in wide.items():
        np.testing.assert_array_equal(residual[name], value)


def test_another_seed_gives_other_weights_and_no_two_layers_the_same():
    one, other = (weights(build(tiny.recipe(widths=(4, 4), head=()), PROBLEM, seed)) for seed in (0, 1))
    assert not np.array_equal(one["block2_conv1/kernel"], other["block2_conv1/kernel"])
    twice = weights(build(tiny.recipe(widths=(4, 4, 4), head=()), PROBLEM, 0))
    assert not np.array_equal(twice["block2_conv1/kernel"], twice["block3_conv1/kernel"])


def test_a_layer_added_shifts_no_other_layers_stream():
    drop = tricks.apply("dropout", tiny.recipe(widths=(4, 8)), {})
    more = tricks.apply("augment", tricks.apply("noise", tricks.apply("batch_norm", drop, {}), {}), {})
    before, after = (streams(build(recipe, PROBLEM, seed=5)) for recipe in (drop, more))
    assert set(before) == {"block1_dropout", "block2_dropout"}
    assert set(after) >= {*before, "augment_randomgaussiannoise", "augment_randomcropresize"}
    assert all(after[name] == state for name, state in before.items())
    assert len({tuple(state) for state in after.values()}) == len(after)
    assert streams(build(drop, PROBLEM, seed=6)) != before


def test_noise_dropout_and_augmentation_are_the_identity_at_inference():
    plain = tiny.recipe(widths=(4, 8))
    noisy = plain
    for name in ("noise", "dropout", "augment"):
        noisy = tricks.apply(name, noisy, {})
    model = build(noisy, PROBLEM, seed=2)
    np.testing.assert_array_equal(model(IMAGES, training=False), build(plain, PROBLEM, seed=2)(IMAGES))
    assert not np.allclose(model(IMAGES, training=True), model(IMAGES, training=True))


def drawn(layer: Layer, images: np.ndarray) -> np.ndarray:
    return np.array(make(layer, 0, "test")(images, training=True))


def many(image: np.ndarray) -> np.ndarray:
    return np.repeat(image[None], 400, axis=0)


def test_flips_are_drawn_for_each_image():
    (flip,) = tricks.apply("augment", Recipe(), {"smallest_crop": 1}).augment
    out = drawn(flip, many(IMAGES[0]))
    as_is = (out == IMAGES[0]).all(axis=(1, 2, 3))
    mirrored = (out == IMAGES[0][:, ::-1]).all(axis=(1, 2, 3))
    assert (as_is ^ mirrored).all()
    assert 150 < as_is.sum() < 250


def test_crop_and_resize_mirrors_half_of_the_images_too():
    (crop,) = tricks.apply("augment", Recipe(), {}).augment
    out = drawn(crop.replace(options=crop.options | {"area": (1.0, 1.0)}), many(IMAGES[0]))
    as_is, mirrored = (
        np.isclose(out, one, atol=1e-3).all(axis=(1, 2, 3)) for one in (IMAGES[0], IMAGES[0][:, ::-1])
    )
    assert (as_is ^ mirrored).all()
    assert 150 < as_is.sum() < 250


def test_windows_are_drawn_for_each_image():
    (crop,) = tricks.apply("augment", Recipe(), {"flip": False}).augment
    out = drawn(crop, many(IMAGES[0]))
    assert len(np.unique(out.reshape(400, -1), axis=0)) == 400
    assert IMAGES[0].min() <= out.min() < out.max() <= IMAGES[0].max()


def test_noise_is_drawn_for_each_image_with_its_probability_and_deviation():
    (layer,) = tricks.apply("noise", Recipe(), {"probability": 0.25, "stddev": 0.5}).augment
    difference = drawn(layer, many(IMAGES[0] / 255)) - IMAGES[0] / 255
    noisy = np.abs(difference).max(axis=(1, 2, 3)) > 0
    assert 60 < noisy.sum() < 140
    assert difference[noisy].std() == pytest.approx(0.5, rel=0.02)
    assert difference[noisy].mean() == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ((1, 3, 9, 4, 6, 7), (-1.51, -0.75, 1.51, -0.37, 0.37, 0.75)),
        ((6, 4, 7, 5, 6, 2), (0.61, -0.61, 1.22, 0.0, 0.61, -1.83)),
    ],
)
@pytest.mark.parametrize("shape", [(6, 1, 1, 1), (1, 2, 3, 1), (2, 3, 1, 1), (6, 1)])
def test_batch_normalisation_by_hand(x, expected, shape):
    """The lecture's two examples (its figures are cut after two digits): one mean and variance a channel."""
    norm = tricks.apply("batch_norm", Recipe(), {}).norm
    layer = make(norm, 0, "norm")
    inputs = np.array(x, "float32").reshape(shape)
    out = np.ravel(layer(inputs, training=True))
    np.testing.assert_allclose(out, (np.array(x) - 5) / np.sqrt(np.var(x) + 1e-5), atol=1e-5)
    np.testing.assert_array_equal(np.trunc(out * 100) / 100, np.array(expected, "float32"))
    assert float(layer.moving_mean[0]) == pytest.approx(0.1 * 5)
    assert float(layer.moving_variance[0]) == pytest.approx(0.9 + 0.1 * np.var(x))
    running = (inputs - 0.5) / np.sqrt(0.9 + 0.1 * np.var(x) + 1e-5)
    np.testing.assert_allclose(layer(inputs, training=False), running, rtol=1e-5)


def test_l2_adds_lambda_times_the_sum_of_squared_kernels_and_of_nothing_else():
    ladder = tricks.apply("residual", tricks.apply("batch_norm", tiny.recipe(widths=(4, 8)), {}), {})
    model = build(tricks.apply("l2", ladder, {"strength": 0.01}), PROBLEM, seed=0)
    for weight in model.weights:
        if not weight.path.endswith("kernel"):
            weight.assign(np.full(weight.shape, 7.0))
    kernels = [np.array(weight, "float64") for weight in model.weights if weight.path.endswith("kernel")]
    assert len(kernels) == 6  # two convolutions, two shortcuts, the head, the classifier
    assert float(sum(model.losses)) == pytest.approx(
        0.01 * sum((kernel**2).sum() for kernel in kernels), rel=1e-5
    )
    assert build(ladder, PROBLEM, seed=0).losses == []


def test_a_schedule_counts_in_steps_epochs_and_whole_trainings():
    decay = Layer.of("keras.optimizers.schedules.CosineDecay", decay_steps="total")
    optimizer = make_optimizer(tiny.recipe(learning_rate=0.5, epochs=3, schedule=decay), 10, seed=0)
    rate = optimizer._learning_rate
    assert float(rate(0)) == pytest.approx(0.5)
    assert float(rate(15)) == pytest.approx(0.25)
    assert float(rate(30)) == pytest.approx(0, abs=1e-7)


def test_the_activations_a_study_may_name_are_keras_own():
    from ablation.study import ACTIVATIONS

    x = np.linspace(-2, 2, 12, dtype="float32").reshape(2, 6)
    assert all(keras.activations.get(name)(x).shape == (2, 6) for name in ACTIVATIONS)


def test_images_are_channels_last_whatever_keras_is_set_to():
    recipe = RUNGS["residual"].replace(flatten=Layer.of("keras.layers.GlobalAveragePooling2D"))
    planned = {node.name: node.shape for node in layout(recipe, PROBLEM)}
    keras.config.set_image_data_format("channels_first")
    try:
        model = build(recipe, PROBLEM, seed=0)
        assert {name: tuple(model.get_layer(name).output.shape[1:]) for name in planned} == planned
        formats = {getattr(layer, "data_format", "channels_last") for layer in model.layers}
    finally:
        keras.config.set_image_data_format("channels_last")
    assert formats == {"channels_last"}
