"""What is taken from Keras beside its public interface still does in the pinned version what it is taken for."""

import inspect
import sys

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from ablation import keras_private  # noqa: E402


def test_a_value_becomes_a_variables_without_a_copy():
    variable, value = keras.Variable(np.zeros(3, "float32")), keras.ops.ones(3)
    if keras.config.backend() == "jax":
        keras_private.set_value(variable, value)
        assert variable.value is value
    else:
        assert hasattr(variable, "_value")


def test_gradients_are_clipped_as_the_optimizer_says():
    gradients = [keras.ops.convert_to_tensor(np.array([3.0, -4.0], "float32"))]
    by_value = keras_private.clipped(keras.optimizers.SGD(clipvalue=1.0), gradients)
    np.testing.assert_allclose(np.array(by_value[0]), [1, -1])
    by_norm = keras_private.clipped(keras.optimizers.SGD(global_clipnorm=1.0), gradients)
    np.testing.assert_allclose(np.array(by_norm[0]), [0.6, -0.8], rtol=1e-6)


def test_layers_within_layers_are_found_and_the_innermost_known():
    inner = keras.Sequential([keras.layers.Dense(2, name="a"), keras.layers.ReLU(name="b")], name="inner")
    outer = keras.Sequential([inner, keras.layers.Dense(2, name="c")], name="outer")
    outer.build((None, 2))
    found = {layer.name: alone for layer, alone in keras_private.innermost(outer)}
    assert {name: found[name] for name in ("outer", "inner", "a", "b", "c")} == {
        "outer": False, "inner": False, "a": True, "b": True, "c": True
    }  # fmt: skip


def test_adams_running_averages_by_hand():
    variable = keras.Variable(np.zeros(2, "float32"), name="x")
    other = keras.Variable(np.zeros(1, "float32"), name="y")
    optimizer = keras.optimizers.Adam(0.1, beta_1=0.5, beta_2=0.75)
    optimizer.build([other, variable])
    gradient = keras.ops.convert_to_tensor(np.array([2.0, -4.0], "float32"))
    optimizer.apply([keras.ops.zeros(1), gradient], [other, variable])
    momentum, velocity = keras_private.moments(optimizer, variable)
    np.testing.assert_allclose(np.array(momentum.value), [1.0, -2.0])
    np.testing.assert_allclose(np.array(velocity.value), [1.0, 4.0])


def test_keras_loads_tensorflow_lazily_behind_the_name_that_is_set():
    from keras.src.utils import module_utils

    assert type(module_utils.tensorflow).__name__ == "LazyModule"
    assert hasattr(module_utils.tensorflow, "_available")
    keras_private.leave_tensorflow_alone()
    if keras.config.backend() == "tensorflow":
        assert module_utils.tensorflow._available is not False, "where it is the backend it stays"


@pytest.mark.skipif("torch" not in sys.modules, reason="asked on PyTorch alone: it takes seconds to load")
def test_torchs_device_is_one_that_it_knows():
    import torch

    assert torch.zeros(1, device=keras_private.torch_device()).item() == 0


def test_every_private_name_is_used_in_one_module():
    import re
    from pathlib import Path

    names = "_flatten_layers|_clip_gradients|_momentums|_velocities|_available"
    private = re.compile(rf"keras\.src|\.({names})\b|variable\._")
    package = Path(inspect.getfile(keras_private)).parent
    found = [file.name for file in package.rglob("*.py") if private.search(file.read_text("utf-8"))]
    assert found == ["keras_private.py"]


def test_calls_of_a_model_within_a_model_and_of_a_layer_used_twice_are_told_one_by_one():
    shared = keras.layers.Dense(4, name="shared")
    inner = keras.Sequential([keras.Input((4,)), shared, keras.layers.ReLU(name="b")], name="inner")
    image = keras.Input((4,))
    model = keras.Model(image, keras.layers.Dense(2, name="c")(shared(inner(image))))
    found = sorted((one.name, *inputs, *outputs) for one, inputs, outputs in keras_private.calls_of(model))
    assert found == [("b", (4,), (4,)), ("c", (4,), (2,)), ("shared", (4,), (4,)), ("shared", (4,), (4,))]
    assert keras_private.operation_of(model.outputs[0]).name == "c"
