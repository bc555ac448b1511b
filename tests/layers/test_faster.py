"""Layers that compute Keras' numbers in another way: to rounding Keras' own, forward and backward."""

import math
import subprocess
from importlib.util import find_spec

import faster_on_backend
import ml_dtypes
import numpy as np
import pytest
import tiny

pytest.importorskip("keras")

pytestmark = pytest.mark.slow
ROUNDING = {"float32": 2**-23, "mixed_bfloat16": 2**-8}


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def found(request, tmp_path_factory):
    if find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    file = tmp_path_factory.mktemp(request.param) / "out.npz"
    chosen = {"KERAS_BACKEND": request.param, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [tiny.ready(request.param), faster_on_backend.__file__, str(file)],
        env=tiny.environment() | chosen,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(np.load(file))


@pytest.mark.parametrize("policy", faster_on_backend.POLICIES)
def test_gelu_and_its_slope_are_those_of_the_formula(found, policy):
    x = faster_on_backend.points()[0].astype(float)
    if policy != "float32":
        x = x.astype(ml_dtypes.bfloat16).astype(float)
    share = np.array([math.erfc(-one / math.sqrt(2)) / 2 for one in x])
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    for what, expected in (("output", x * share), ("by_input", share + x * density)):
        ours, plain = (found[f"{policy}/gelu/{what}/{one}"][0] for one in ("ours", "plain"))
        one = ROUNDING[policy]
        np.testing.assert_allclose(ours, expected, rtol=4 * one, atol=one, err_msg=what)
        assert np.abs(ours - expected).max() <= 1.5 * np.abs(plain - expected).max() + 1e-7


@pytest.mark.parametrize("policy", faster_on_backend.POLICIES)
@pytest.mark.parametrize("name", faster_on_backend.CONVOLUTIONS)
def test_a_convolution_and_its_gradients_are_those_of_keras(found, policy, name):
    for what in ("output", "by_input", "by_0"):
        ours, plain, exact = (found[f"{policy}/{name}/{what}/{one}"] for one in ("ours", "plain", "exact"))
        assert ours.shape == plain.shape == exact.shape
        allowed = 4 * ROUNDING[policy] * np.abs(exact).max()
        of_keras = np.abs(plain - exact).max()  # far more where a processor adds up in bfloat16
        np.testing.assert_allclose(ours, exact, rtol=0, atol=max(allowed, of_keras), err_msg=what)
