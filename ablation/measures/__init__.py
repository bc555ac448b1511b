"""The measures: one module each, holding a function of its name from class probabilities and labels to a number.

A module dropped into this folder is a measure: nothing else has to be edited. All of them are computed of every trained
network, on the test images, so that a study may ask for another one later without training anew.
"""

import functools
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ablation import own_code
from ablation.errors import UserError, did_you_mean

__path__ += own_code.paths("measures")

Figure = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Measure:
    """A measure of how good a classifier is.

    Attributes:
        name: as studies and tables write it.
        title: for people.
        function: (probabilities, float64 (n, classes), rows of sum 1; labels, int (n,)) to a number; nan where the
            images do not decide it.
        higher_is_better: its direction.
        low, high: its range.
    """

    name: str
    title: str
    function: Figure
    higher_is_better: bool
    low: float
    high: float

    def __call__(self, probabilities: np.ndarray, labels: np.ndarray) -> float:
        return float(self.function(probabilities, labels))


def measure(
    title: str, *, higher_is_better: bool = True, low: float = 0.0, high: float = 1.0
) -> Callable[[Figure], Measure]:
    """Declare a function to be a measure; the arguments are as in `Measure`."""
    return lambda function: Measure(function.__name__, title, function, higher_is_better, low, high)


@functools.cache
def names() -> tuple[str, ...]:
    """All measures, alphabetically."""
    return tuple(
        sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    )


def ours() -> tuple[str, ...]:
    """Those of the project, alphabetically: the tables have a column of each."""
    found = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def get(name: str) -> Measure:
    """A measure by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in names():
        raise UserError(f"measure: unknown '{name}'{did_you_mean(name, names())}")
    return own_code.member(f"{__name__}.{name}", name)


def measured(logits: np.ndarray, labels: np.ndarray) -> Mapping[str, float]:
    """Every measure of a network's outputs, by name.

    Args:
        logits: (n, classes), n at least 1.
        labels: int (n,).
    """
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    probabilities = np.exp(shifted)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return {name: get(name)(probabilities, labels) for name in names()}


def recalls(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Share of each class's images that are recognised, float (classes,); nan of a class without images."""
    classes = probabilities.shape[1]
    there = np.bincount(labels, minlength=classes)
    hits = np.bincount(labels[probabilities.argmax(axis=1) == labels], minlength=classes)
    return np.where(there > 0, hits / np.maximum(there, 1), np.nan)
