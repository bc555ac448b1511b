"""What every layer of the project promises: identity at inference, own draws for each image, saving, precision."""

import subprocess
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import own_layers
import pytest
import tiny

keras = pytest.importorskip("keras")

ROOT = Path(__file__).parents[2]


def test_every_layer_of_the_project_is_tested_here():
    modules = {file.stem for file in (ROOT / "ablation" / "layers").glob("*.py")}
    tested = {module for module, _ in own_layers.ALL.values()}
    assert modules - tested == {
        "__init__", "activation", "batch_normalization", "conv2d", "enlarge", "image_net_scaling", "image_operations",
        "padded_identity", "whitening_conv2d",
    }  # fmt: skip


@pytest.mark.parametrize("name", own_layers.ON_IMAGES)
def test_images_are_left_alone_at_inference(name):
    layer = own_layers.new(name)
    np.testing.assert_array_equal(layer(own_layers.images()), own_layers.images())
    np.testing.assert_array_equal(layer(own_layers.images(), training=False), own_layers.images())


@pytest.mark.parametrize("name", own_layers.ON_BATCHES)
def test_batches_are_left_alone_outside_training(name):
    inputs = own_layers.call_arguments(name, own_layers.images())
    for after, before in zip(own_layers.new(name)(inputs, training=False), inputs, strict=True):
        np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("name", own_layers.ON_IMAGES | {"FractionalMaxPooling2D": 0})
def test_each_image_gets_its_own_draw(name):
    image = np.random.default_rng(0).integers(0, 256, (1, *own_layers.SHAPE)).astype("float32")
    copies = np.repeat(image, own_layers.COPIES, axis=0)
    out = own_layers.first(own_layers.new(name)(copies, training=True))
    assert len(np.unique(out.reshape(len(out), -1), axis=0)) > 10


@pytest.mark.parametrize("name", own_layers.ALL)
def test_compiled_as_eager_and_the_seed_decides(name):
    import tensorflow as tf

    inputs = own_layers.call_arguments(name, own_layers.images())

    def twice(seed, compiled):
        layer = own_layers.new(name, seed)
        layer(inputs)
        call = (
            tf.function(lambda x: layer(x, training=True)) if compiled else lambda x: layer(x, training=True)
        )
        return own_layers.first(call(inputs)), own_layers.first(call(inputs))

    keras.utils.set_random_seed(0)
    eager = twice(0, compiled=False)
    keras.utils.set_random_seed(0)
    graph = twice(0, compiled=True)
    for one, other in zip(eager, graph, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
    assert not np.array_equal(*eager)
    keras.utils.set_random_seed(0)
    assert not np.array_equal(eager[0], twice(1, compiled=False)[0])


@pytest.mark.parametrize("name", own_layers.ALL)
def test_in_mixed_precision_the_output_is_bfloat16_and_finite(name):
    inputs = own_layers.call_arguments(name, own_layers.images())
    exact = own_layers.first(own_layers.new(name)(inputs, training=True))
    outputs = own_layers.new(name, dtype="mixed_bfloat16")(inputs, training=True)
    half = outputs[0] if isinstance(outputs, (tuple, list)) else outputs
    assert keras.backend.standardize_dtype(half.dtype) == "bfloat16"
    assert half.shape == exact.shape
    assert np.isfinite(own_layers.first(outputs).astype("float32")).all()


@pytest.mark.parametrize("name", own_layers.ALL)
def test_a_saved_model_comes_back(name, tmp_path):
    inputs = own_layers.call_arguments(name, own_layers.images())
    structure = (
        [keras.Input(part.shape[1:]) for part in inputs] if not isinstance(inputs, np.ndarray) else None
    )
    placeholder = structure or keras.Input(inputs.shape[1:])
    layer = own_layers.new(name, name="own")
    outputs = layer(placeholder if isinstance(inputs, (np.ndarray, list)) else tuple(placeholder))
    model = keras.Model(placeholder, outputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("own").get_config() == layer.get_config()
    given = list(inputs) if structure else inputs
    np.testing.assert_array_equal(
        own_layers.first(loaded(given, training=False)), own_layers.first(model(given, training=False))
    )


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("RandomAffine", {"zoom": 1.0}),
        ("RandomAffine", {"rotate": -1.0}),
        ("RandomPadCrop", {"padding": 0}),
        ("Cutout", {"size": 0}),
        ("FractionalMaxPooling2D", {"ratio": 1.0}),
        ("FractionalMaxPooling2D", {"ratio": 2.1}),
        ("RandAugment", {"number": 0, "magnitude": 5}),
        ("RandAugment", {"number": 1, "magnitude": 11}),
        ("RandomChannelShift", {"share": 1.5}),
        ("RandomPixelFlip", {"probability": -0.1}),
        ("RandomElastic", {"stddev": 0.0, "smoothness": 1.0}),
    ],
)
def test_options_out_of_range_are_named_with_what_was_received(name, options):
    from ablation.networks.build import make
    from ablation.recipe import Layer

    with pytest.raises(ValueError, match=r"must be .* Received: "):
        make(Layer.of(own_layers.spec(name).path, **options), 0, "test")


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_on_another_backend(backend, tmp_path):
    """Compiled on JAX, eager on torch: the same promises, and the same figures where nothing is drawn."""
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    file = tmp_path / "out.npz"
    environment = tiny.environment() | {"KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": ""}
    script = Path(__file__).parent / "on_backend.py"
    done = subprocess.run(
        [tiny.ready(backend), str(script), str(file)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    out = np.load(file)
    copies = np.repeat(own_layers.images(1), own_layers.COPIES, axis=0)
    for name in own_layers.ALL:
        first, second = out[f"{name}/first"], out[f"{name}/second"]
        assert np.isfinite(first).all(), name
        assert not np.array_equal(first, second), name
        assert f"{name}/bfloat16" not in out or np.isfinite(out[f"{name}/bfloat16"]).all(), name
        if name in own_layers.ON_IMAGES:
            np.testing.assert_array_equal(out[f"{name}/inference"], copies)
            assert len(np.unique(first.reshape(len(first), -1), axis=0)) > 10, name

    from ablation.layers.image_operations import OPERATIONS, operate

    count = len(OPERATIONS)
    here = operate(
        np.repeat(own_layers.images(8)[:1], count, axis=0),
        np.arange(count, dtype="int32"),
        np.full(count, 0.7, "float32"),
    )
    difference = np.abs(out["operations"] - own_layers.first(here))
    assert difference.max() <= 1 and (difference > 0).mean() < 0.01
    pooled = own_layers.new("FractionalMaxPooling2D")(copies)
    np.testing.assert_array_equal(out["FractionalMaxPooling2D/inference"], pooled)
