"""Data sets: every one of them as the same `Splits`, uint8 images and integer labels."""

from ablation.data.load import choose, dataset_of, load, redrawn, shape_and_classes
from ablation.data.own.dataset import name_of
from ablation.data.sources import get, names
from ablation.data.splits import Splits
from ablation.data.statistics import mean_and_deviation

__all__ = [
    "Splits",
    "choose",
    "dataset_of",
    "get",
    "load",
    "mean_and_deviation",
    "name_of",
    "names",
    "redrawn",
    "shape_and_classes",
]
