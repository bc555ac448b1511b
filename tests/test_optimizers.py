"""Our fused optimizers are Keras' own."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

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
