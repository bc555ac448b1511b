"""Data sets: every one of them as the same `Splits`, uint8 images and integer labels."""

from ablation.data.load import choose, load, shape_and_classes
from ablation.data.sources import get, names
from ablation.data.splits import Splits
from ablation.data.statistics import mean_and_deviation

__all__ = ["Splits", "choose", "get", "load", "mean_and_deviation", "names", "shape_and_classes"]
