"""A family of networks and a layer with weights are one file each: dropped into a copy, found, planned and trained."""

import shutil
from pathlib import Path

import pytest
import tiny

ROOT = Path(__file__).parents[2]
FAMILY = '''"""One convolution and nothing else."""

from ablation.networks.family import Family
from ablation.networks.graph import Builder, Graph, Problem
from ablation.networks.parts import activated, conv, front, head
from ablation.recipe import Frozen, PositiveInt, Recipe


class Options(Frozen):
    filters: PositiveInt = 4


def build(recipe: Recipe, problem: Problem) -> Graph:
    net = Builder(problem)
    x = front(net, recipe)
    net.enter("body", 1)
    filters = Options.model_validate(recipe.options).filters
    x = activated(net, recipe, x, conv(recipe, filters, 3, strides=4), "only_conv", recipe.norm)
    head(net, recipe, x)
    return net.graph()


FAMILY = Family(
    build,
    channels=lambda recipe: (Options.model_validate(recipe.options).filters,),
    with_channels=lambda recipe, filters: recipe.replace(options={"filters": filters[0]}),
    reads=("scaling", "augment", "initializer", "norm", "norm_position", "activation", "flatten", "head"),
    options=Options,
    defaults={"head": ()},
)
'''
LAYER = '''"""A bias, a gain, and a matrix that mixes the channels."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("ablation")
class MixChannels(keras.layers.Layer):
    """Every pixel's channels times a matrix."""

    def build(self, input_shape: tuple) -> None:
        self.matrix = self.add_weight(shape=(input_shape[-1],) * 2, initializer="identity", name="kernel")
        self.bias = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="bias")

    def call(self, inputs: Any) -> Any:
        return ops.matmul(inputs, ops.cast(self.matrix, inputs.dtype)) + ops.cast(self.bias, inputs.dtype)
'''
FLOPS = """
    def flops(self, input_shape: tuple[int, ...]) -> int:
        height, width, channels = input_shape
        return 2 * height * width * channels * channels
"""
RUN = (
    "-m",
    "ablation",
    "run",
    "own.yaml",
    "--preset",
    "full",
    "--dataset",
    "shapes",
    "--out",
    "out",
    "--no-report",
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("ablation", "experiments"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def python(copy: Path, *arguments: str, expected: int = 0) -> str:
    """Run Python on the copy."""
    done = tiny.keras_python(
        "-c",
        f"import sys; sys.path.insert(0, {str(copy)!r}); import ablation, runpy; "
        f"assert ablation.__file__.startswith({str(copy)!r}); sys.argv = {['ablation', *arguments[2:]]!r}; "
        "runpy.run_module('ablation', run_name='__main__')",
        cwd=copy,
        expected=expected,
    )
    return done.stdout + done.stderr


def own_study(copy: Path, **fields: object) -> None:
    base = {"study": "own", "training": {"epochs": 1, "batch_size": 16, "precision": "float32"}}
    file = copy / "own.yaml"
    tiny.write_study(file, **(base | fields))


@pytest.mark.slow
def test_a_family_of_networks_is_one_file(copy):
    (copy / "ablation" / "networks" / "families" / "single.py").write_text(FAMILY)
    ladder = [{"step": "plain"}, {"step": "norm", "tricks": ["batch_norm"]}]
    own_study(copy, network={"family": "single", "options": {"filters": 6}}, ladder=ladder)
    python(copy, *RUN)
    rows = tiny.table(copy / "out" / "trials.csv")
    pixels = 8 * 8 * 6 * 10 + 10
    assert [int(row["parameters"]) for row in rows] == [9 * 3 * 6 + 6 + pixels, 9 * 3 * 6 + 24 + pixels]
    assert {row["status"] for row in rows} == {"done"}
    own_study(
        copy, network={"family": "single"}, ladder=[{"step": "a"}, {"step": "b", "tricks": ["residual"]}]
    )
    assert "residual: shortcut does nothing in family single" in python(copy, *RUN, expected=2)
    own_study(copy, network={"family": "single", "options": {"filter": 6}}, ladder=[{"step": "a"}])
    told = python(copy, *RUN, expected=2)
    assert "own.yaml: network.options.filter: unknown key; did you mean 'filters'?" in told


@pytest.mark.slow
def test_a_layer_with_weights_is_one_file(copy):
    end = [{"path": "ablation.layers.mix_channels.MixChannels"}]
    file = copy / "ablation" / "layers" / "mix_channels.py"
    network = {"widths": [4], "convs_per_block": 1, "head": []}
    own_study(
        copy, network=network, ladder=[{"step": "plain"}, {"step": "mixed", "network": {"block_end": end}}]
    )
    file.write_text(LAYER)
    told = python(copy, *RUN, expected=2)
    assert "MixChannels: its FLOPs are not known: expected a method flops(input_shape)" in told
    file.write_text(LAYER + FLOPS)
    python(copy, *RUN)
    plain, mixed = tiny.table(copy / "out" / "trials.csv")
    assert int(mixed["parameters"]) - int(plain["parameters"]) == 4 * 4 + 4
    assert int(mixed["flops_per_image"]) - int(plain["flops_per_image"]) == 2 * 16 * 16 * 4 * 4
    assert mixed["status"] == "done"
