"""Our fused optimizers are Keras' own."""

import inspect

import numpy as np
import pytest
import tiny

keras = pytest.importorskip("keras")

from ablation.networks.build import make_optimizer  # noqa: E402
from ablation.optimizers import Adam  # noqa: E402

OPTIONS = {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}


def trained(optimizer):
    """Two variables after ten steps on gradients that a generator draws."""
    draw = np.random.default_rng(0)
    variables = [keras.Variable(draw.normal(size=shape).astype("float32")) for shape in ((3, 4), (5,))]
    optimizer.build(variables)
    for _ in range(10):
        gradients = [
            keras.ops.convert_to_tensor(draw.normal(size=v.shape).astype("float32")) for v in variables
        ]
        optimizer.apply(gradients, variables)
    return [np.array(variable) for variable in (*variables, *optimizer.variables)]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"amsgrad": True},
        {"clipvalue": 0.5},
        {"use_ema": True, "ema_momentum": 0.9},
        {"weight_decay": 0.1},
    ],
    ids=["plain", "amsgrad", "clipped", "averaged", "decayed"],
)
def test_fused_adam_is_keras_to_rounding(more):
    ours, theirs = trained(Adam(**OPTIONS, **more)), trained(keras.optimizers.Adam(**OPTIONS, **more))
    assert len(ours) == len(theirs)
    for mine, reference in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, reference, rtol=2e-5, atol=1e-6)


def test_it_follows_a_schedule():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=1, decay_rate=0.5)
    options = OPTIONS | {"learning_rate": schedule}
    for mine, reference in zip(
        trained(Adam(**options)), trained(keras.optimizers.Adam(**options)), strict=True
    ):
        np.testing.assert_allclose(mine, reference, rtol=2e-5, atol=1e-6)


DECAYING = sorted(
    name
    for name in dir(keras.optimizers)
    if isinstance(found := getattr(keras.optimizers, name), type)
    and "weight_decay" in inspect.signature(found).parameters
)


@pytest.mark.parametrize("name", DECAYING)
def test_an_optimizer_decays_by_what_the_recipe_says_and_by_nothing_where_it_says_nothing(name):
    def made(**fields):
        recipe = tiny.recipe(optimizer={"path": f"keras.optimizers.{name}"}, **fields)
        return make_optimizer(recipe, 1, seed=0)

    def decays(optimizer):
        return {getattr(optimizer, key, None) or 0 for key in ("weight_decay", "adam_weight_decay")}

    assert decays(made()) == {0}
    assert made(weight_decay=0.05).weight_decay == 0.05
    assert 0.004 not in decays(made(weight_decay=0.05))


def test_without_decay_a_step_of_adamw_is_adams():
    def moved(name):
        recipe = tiny.recipe(optimizer={"path": f"keras.optimizers.{name}"})
        optimizer = make_optimizer(recipe.replace(learning_rate=0.01), 1, seed=0)
        variable = keras.Variable(np.full(3, 10.0, "float32"), name="kernel")
        optimizer.build([variable])
        optimizer.apply([keras.ops.ones(3)], [variable])
        return np.array(variable)

    np.testing.assert_allclose(moved("AdamW"), moved("Adam"), rtol=1e-6)


def test_a_decay_among_the_optimizers_own_options_stays():
    recipe = tiny.recipe(optimizer={"path": "keras.optimizers.AdamW", "options": {"weight_decay": 0.1}})
    assert make_optimizer(recipe, 1, seed=0).weight_decay == 0.1


STEPPED = """
import keras, numpy as np
from ablation.optimizers import by_kind
weights = [keras.Variable(np.ones(2, "float32"), name=name) for name in ("beta", "kernel", "bias")]
ends = {weights[2].path: 0}
optimizer = by_kind(keras.optimizers.SGD(0.1), {"beta": 64.0}, 0.0, ends)
optimizer.build(weights)
optimizer.apply([keras.ops.ones(2) for _ in weights], weights)
print(*(float(keras.ops.convert_to_numpy(weight)[0]) for weight in weights))
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_a_factor_by_kind_moves_weights_by_it_on_every_backend(backend, monkeypatch, tmp_path):
    pytest.importorskip(backend, reason=f"{backend} is not installed")
    monkeypatch.setenv("KERAS_BACKEND", backend)
    found = tiny.keras_python("-c", STEPPED, cwd=tmp_path).stdout
    assert list(map(float, found.split())) == pytest.approx([1 - 64 * 0.1, 0.9, 1.0], abs=1e-5)
