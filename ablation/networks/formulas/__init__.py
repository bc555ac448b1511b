"""How layers are counted without being made: a formula each, in a module for each kind of layer."""

from ablation.networks.formulas import merging, normalization, pooling, reshaping, resizing, weights  # noqa: F401
from ablation.networks.formulas.registry import FORMULAS
from ablation.networks.formulas.size import Shape, Size

__all__ = ["FORMULAS", "Shape", "Size"]
