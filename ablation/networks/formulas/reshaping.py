"""Layers that put the same numbers into another shape."""

import math
from typing import Any

from ablation.networks.formulas.options import NEEDED, need, whole
from ablation.networks.formulas.registry import formula
from ablation.networks.formulas.size import Shape, Size


@formula("Flatten")
def _flatten(shape: Shape) -> Size:
    return Size((math.prod(shape),))


@formula("Reshape")
def _reshape(shape: Shape, *, target_shape: Any = NEEDED) -> Size:
    need(target_shape=target_shape)
    wanted, total = list(target_shape), math.prod(shape)
    if wanted.count(-1) > 1:
        raise ValueError(f"target_shape: expected one -1 at most, found {wanted}")
    known = math.prod(side for side in wanted if side != -1)
    found = tuple(total // known if side == -1 else side for side in wanted)
    if math.prod(found) != total:
        raise ValueError(f"target_shape: expected {total} numbers in all, found {wanted}")
    return Size(found)


@formula("Permute")
def _permute(shape: Shape, *, dims: Any = NEEDED) -> Size:
    need(dims=dims)
    if sorted(dims) != list(range(1, len(shape) + 1)):
        raise ValueError(f"dims: expected the numbers 1-{len(shape)}, found {dims}")
    return Size(tuple(shape[one - 1] for one in dims))


@formula("RepeatVector")
def _repeat(shape: Shape, *, n: Any = NEEDED) -> Size:
    need(n=n)
    if len(shape) != 1:
        raise ValueError("expected vectors")
    return Size((whole(n, "n"), *shape))
