"""Layers that make one output of several inputs."""

from typing import Any

import numpy as np

from ablation.networks.formulas.options import NEEDED
from ablation.networks.formulas.registry import formula
from ablation.networks.formulas.size import Shape, Size


@formula(
    "Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract", merges=True
)  # fmt: skip
def _merge(*shapes: Shape) -> Size:
    return Size(np.broadcast_shapes(*shapes))


@formula("ablation.layers.stochastic_depth_add.StochasticDepthAdd", merges=True)
def _stochastic_depth(*shapes: Shape, rate: Any = NEEDED) -> Size:
    return _merge(*shapes)


@formula("Concatenate", merges=True)
def _concatenate(*shapes: Shape, axis: int = -1) -> Size:
    place = axis % (len(shapes[0]) + 1) - 1
    others = {shape[:place] + shape[place + 1 :] for shape in shapes}
    if place < 0 or len(others) > 1:
        raise ValueError("expected inputs that differ along the axis alone")
    joined = list(shapes[0])
    joined[place] = sum(shape[place] for shape in shapes)
    return Size(tuple(joined))
