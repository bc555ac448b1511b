"""A plain Keras function as a network: found, counted, built from the seed, trained; what does nothing is refused."""

import numpy as np
import own
import pytest
import tiny

from ablation import own_code
from ablation.cli import main
from ablation.networks.graph import Problem
from ablation.networks.layout import layout

keras = pytest.importorskip("keras")

from ablation.networks.build import build  # noqa: E402

NETWORK = """
import keras
from keras import layers


def my_net(input_shape, classes):
    image = keras.Input(input_shape)
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    y = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(layers.add([x, y]))
    x = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(classes, activation="softmax")(x))
"""
SOFTMAX = 'layers.Dense(classes, activation="softmax")(x)'
PARAMETERS = (27 * 4 + 4) + 9 * 4 + 4 * 4 + (4 * 10 + 10)
FLOPS = 2 * (27 * 4 * 32 * 32 + 9 * 4 * 32 * 32 + 4 * 10)
PROBLEM = Problem((32, 32, 3), 10, (128.0,) * 3, (64.0,) * 3)


@pytest.fixture
def code(tmp_path, monkeypatch):
    monkeypatch.delenv(own_code.VARIABLE, raising=False)
    return own.write(tmp_path / "code", networks__my_net=NETWORK)


@pytest.fixture
def in_use(code):
    with own_code.in_use(code):
        yield code


def recipe(**fields):
    return tiny.recipe(**{"widths": (1,), "head": (), "convs_per_block": 1, "family": "my_net"} | fields)


def end(code, text):
    """The network with another end."""
    assert SOFTMAX in NETWORK
    own.write(code, networks__my_net=NETWORK.replace(SOFTMAX, text))
    own_code.use(code)


def test_a_keras_json_of_channels_first_changes_nothing(in_use):
    keras.config.set_image_data_format("channels_first")
    try:
        assert sum(node.parameters for node in layout(recipe(kernel_size=5), PROBLEM)) == PARAMETERS
    finally:
        keras.config.set_image_data_format("channels_last")


def test_sizes_are_those_of_the_built_model(in_use):
    nodes = layout(recipe(), PROBLEM)
    assert sum(node.parameters for node in nodes) == PARAMETERS
    assert sum(node.flops for node in nodes) == FLOPS
    assert build(recipe(), PROBLEM, 0).count_params() == PARAMETERS
    assert layout(recipe(family="function", options={"name": "my_net"}), PROBLEM) == nodes


def test_the_seed_decides_the_weights_and_nothing_else_does(in_use):
    first = build(recipe(), PROBLEM, 3)
    keras.layers.Dense(3).build((None, 4))
    again = build(recipe(augment=()), PROBLEM, 3)
    other = build(recipe(), PROBLEM, 4)
    assert [one.shape for one in first.variables] == [one.shape for one in again.variables]
    for one, two in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert any((one != two).any() for one, two in zip(first.get_weights(), other.get_weights(), strict=True))
    streams = [one for one in first.variables if one.name == "seed_generator_state"]
    assert len(streams) == 1, "the dropout's stream is part of what a resume takes up"


@pytest.mark.parametrize(
    "text",
    [
        SOFTMAX,
        "layers.Dense(classes)(x)",
        "layers.Softmax()(layers.Dense(classes)(x))",
        "layers.Activation(\"softmax\")(layers.Dense(classes)(x))",
        "keras.ops.softmax(layers.Dense(classes)(x))",
        "keras.Sequential([layers.Dense(classes, activation=\"softmax\")])(x)",
    ],
)  # fmt: skip
def test_a_softmax_at_the_end_is_taken_away(in_use, text):
    end(in_use, text)
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype("float32")
    model = build(recipe(), PROBLEM, 0)
    logits = keras.ops.convert_to_numpy(model(images))
    weights, bias = model.get_weights()[-2:] if len(model.get_weights()[-1].shape) == 1 else (None, None)
    assert abs(logits.sum(axis=1) - 1).min() > 1e-3 and (logits < 0).any()
    assert bias is not None and weights.shape == (4, 10)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("layers.Dense(classes, activation='relu')(x)", "logits or a softmax at the network's end, found relu"),
        ("layers.Dense(classes + 1)(x)", "expected a model from (None, 32, 32, 3) to (None, 10)"),
        ("layers.Dens(classes)(x)", "networks/my_net.py, line 12"),
    ],
)  # fmt: skip
def test_what_is_no_such_network_is_refused(in_use, text, told):
    end(in_use, text)
    with pytest.raises(ValueError) as refused:
        layout(recipe(), PROBLEM)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("trick", "told"),
    [
        ("batch_norm", "batch_norm: norm does nothing in family my_net"),
        ("l2", "l2: l2 does nothing in family my_net"),
        ("freeze", "frozen: my_net is one whole"),
        ("monte_carlo_dropout", "predict.noise: the layers within my_net are not told apart"),
    ],
)
def test_a_trick_that_would_do_nothing_is_refused_by_name(study_file, code, trick, told, capsys):
    file = study_file(network={"family": "my_net"}, ladder=[{"step": "a"}, {"step": "b", "tricks": [trick]}])
    assert main(["plan", str(file), "--preset", "full", "--code", str(code)]) == 2
    line = capsys.readouterr().err
    assert told in line and line.count("\n") == 1


def test_a_file_without_the_function_is_told(study_file, code, capsys):
    own.write(code, networks__my_net="def my_nett(): pass")
    file = study_file(network={"family": "my_net"}, ladder=[{"step": "a"}])
    assert main(["plan", str(file), "--code", str(code)]) == 2
    assert "networks/my_net.py: expected 'FAMILY' in it, or a function 'my_net'" in capsys.readouterr().err


LADDER = [
    {"step": "baseline"},
    {"step": "tricks", "tricks": ["flip", "label_smoothing", "mixup", "ema"]},
]


ALONE = """
import sys
import keras
from ablation.cli import main
assert main(sys.argv[1:]) == 0
assert keras.config.backend() == "tensorflow" or "tensorflow" not in sys.modules, "TensorFlow was imported"
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_it_trains_alike_in_one_process_and_in_two_and_goes_on_exactly(code, tmp_path, backend, monkeypatch):
    pytest.importorskip(backend)
    monkeypatch.setenv("KERAS_BACKEND", backend)
    tiny.write_study(tmp_path / "tiny.yaml", network={"family": "my_net"}, ladder=LADDER)
    command = ["run", "tiny.yaml", "--preset", "full", "--code", "code", "--no-report"]
    tiny.keras_python("-c", ALONE, *command, "--jobs", "1", "--out", "one", cwd=tmp_path)
    tiny.keras_python("-m", "ablation", *command, "--jobs", "2", "--out", "two", cwd=tmp_path)
    found = tiny.tables(tmp_path / "one")
    assert {row["status"] for row in found["trials"]} == {"done"}
    assert {int(row["parameters"]) for row in found["trials"]} == {PARAMETERS}
    assert found == tiny.tables(tmp_path / "two")


@pytest.mark.slow
def test_a_stopped_training_goes_on_bit_for_bit(in_use, splits, tmp_path):
    from ablation.train.loop import Interrupted, train

    trial = tiny.trial_of(recipe())
    whole = train(trial, splits)
    file = tmp_path / "checkpoints" / "kept.npz"
    file.parent.mkdir()
    with pytest.raises(Interrupted):
        train(trial, splits, checkpoint=file, stop=lambda: True)
    again = train(trial, splits, checkpoint=file)
    assert tiny.without_times(whole) == tiny.without_times(again)
