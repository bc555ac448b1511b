"""The measures: one module each, holding a function of its name from class probabilities and labels to a number.

A module dropped into this folder is a measure: nothing else has to be edited. All of them are computed of every trained
network, on the test images, so that a study may ask for another one later without training anew.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isinf
from pathlib import Path
from typing import Any

import numpy as np

from ablation import own_code
from ablation.errors import UserError, did_you_mean
from ablation.wording import FRACTION, Scale

__path__ += own_code.paths("measures")

Figure = Callable[[np.ndarray, np.ndarray], float]
POINTS = "points"
TOLD = ("name", "title", "higher_is_better", "low", "high", "unit", "margin")
CLASS_RECALL = "class_recall"
"""What a study may name among its measures that is a number a class, and so decides no verdict."""
MOST_RECOVERED = 10**8


@dataclass(frozen=True)
class Measure:
    """A measure of how good a classifier is.

    Attributes:
        name: as studies and tables write it.
        title: for people.
        higher_is_better: its direction.
        low, high: its range; infinite where it has no end.
        unit: of differences: `points` of a fraction, which is shown in percent; `nats` or whatever else as it is.
        margin: a difference no larger than this is none, unless the study says otherwise.
        fewest_classes: with fewer it says nothing.
    """

    name: str
    title: str
    higher_is_better: bool = True
    low: float = 0.0
    high: float = 1.0
    unit: str = POINTS
    margin: float = 0.01
    fewest_classes: int = 2

    @property
    def column(self) -> str:
        """Of `trials.csv`: what one trial has."""
        return "test_accuracy" if self.name == ACCURACY.name else f"measure_{self.name}"

    @property
    def phrase(self) -> str:
        """Its title within a sentence: "balanced accuracy", "AUC, one against the rest"."""
        first, _, rest = self.title.partition(" ")
        return self.title if first.strip(",").isupper() else f"{first.lower()} {rest}".rstrip()

    @property
    def scale(self) -> Scale:
        """How its values are written."""
        return FRACTION if self.unit == POINTS else Scale(1.0, 3, "", self.unit)

    @property
    def widest(self) -> float:
        """The largest difference of two values."""
        return self.high - self.low

    def told(self) -> dict[str, Any]:
        """As a manifest tells it, without infinities; `of_told` reads it."""
        found = {one: getattr(self, one) for one in TOLD}
        return {
            one: None if isinstance(value, float) and isinf(value) else value for one, value in found.items()
        }


def of_told(told: Mapping[str, Any]) -> Measure:
    """A measure that a manifest tells of; nothing of it is computed."""
    ends: dict[str, Any] = {"low": -inf, "high": inf}
    fields: dict[str, Any] = {one: ends.get(one) if told[one] is None else told[one] for one in TOLD}
    return Measure(**fields)


ACCURACY = Measure("accuracy", "Test accuracy")


@dataclass(frozen=True)
class Computed(Measure):
    """A measure with its function.

    Attributes:
        function: (probabilities, float64 (n, classes), rows of sum 1; labels, int (n,)) to a number; nan where the
            images do not decide it.
        of_predictions: whether it looks at the most probable class alone, so that a confusion matrix decides it.
    """

    function: Figure = field(kw_only=True)
    of_predictions: bool = False

    def __call__(self, probabilities: np.ndarray, labels: np.ndarray) -> float:
        return float(self.function(probabilities, labels))


def measure(title: str, **more: Any) -> Callable[[Figure], Computed]:
    """Declare a function to be a measure; the arguments are as in `Measure` and `Computed`."""
    return lambda function: Computed(function.__name__, title, function=function, **more)


@functools.cache
def names() -> tuple[str, ...]:
    """All measures that are computed, alphabetically."""
    return own_code.modules(__path__)


@functools.cache
def ours() -> tuple[str, ...]:
    """Those of the project, alphabetically: the tables have a column of each."""
    return own_code.modules([str(Path(__file__).parent)])


def choices() -> tuple[str, ...]:
    """What a study may name: accuracy, and all that are computed."""
    return ACCURACY.name, *names()


def get(name: str) -> Measure:
    """What a study names, with its function unless it is the accuracy.

    Raises:
        UserError: there is none of that name.
    """
    if name == ACCURACY.name:
        return ACCURACY
    if name not in names():
        raise UserError(f"unknown measure '{name}'{did_you_mean(name, choices())}")
    return computed(name)


def computed(name: str) -> Computed:
    """A measure of `names()` with its function.

    Raises:
        UserError: a file of the user's own declares none.
    """
    found = own_code.member(f"{__name__}.{name}", name)
    if not isinstance(found, Computed):
        raise UserError(
            f"--code measures/{name}.py: expected @measure('a title') above the function '{name}'"
        )
    return found


def reported(chosen: Sequence[str], primary: str) -> tuple[Measure, ...]:
    """The measures that a study reports, each once, the one that decides its verdicts first; accuracy is always there.

    Args:
        chosen: names.
        primary: name.

    Raises:
        UserError: there is none of that name.
    """
    check_named(("primary_measure", primary), *((f"measures.{i}", name) for i, name in enumerate(chosen)))
    each = dict.fromkeys((primary, *chosen, ACCURACY.name))
    return tuple(get(name) for name in each if name != CLASS_RECALL)


def check_named(primary: tuple[str, str], *chosen: tuple[str, str]) -> None:
    """Refuse names of no measure.

    Args:
        primary: where a name stands, and the name that decides the verdicts.
        chosen: the same of each other one.

    Raises:
        UserError: there is none of that name, or it is one that cannot decide.
    """
    if primary[1] == CLASS_RECALL:
        raise UserError(
            f"{primary[0]}: '{CLASS_RECALL}' is a number a class; expected one number, like worst_recall or"
            " balanced_accuracy"
        )
    for (where, name), known in (
        (primary, choices()),
        *((one, (*choices(), CLASS_RECALL)) for one in chosen),
    ):
        if name not in known:
            raise UserError(f"{where}: unknown measure '{name}'{did_you_mean(name, known)}")


def check_classes(one: Measure, classes: int) -> None:
    """Refuse a measure that says nothing of so few classes.

    Raises:
        UserError: it does not.
    """
    if classes < one.fewest_classes:
        raise UserError(
            f"measures: '{one.name}' takes {one.fewest_classes} classes or more to say anything, found {classes}"
        )


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
    return {name: computed(name)(probabilities, labels) for name in names()}


def of_confusion(counts: Sequence[Sequence[int]]) -> dict[str, float]:
    """The measures of ours that a confusion matrix decides, by name: of trials from before there were measures.

    Args:
        counts: (classes, classes), rows the truth; of more than `MOST_RECOVERED` cells and images nothing is told.
    """
    classes, images = len(counts), sum(map(sum, counts))
    if not 0 < images * classes <= MOST_RECOVERED:
        return {}
    truth, taken = np.divmod(np.repeat(np.arange(classes**2), np.ravel(counts)), classes)
    sure = np.eye(classes)[taken]
    return {name: one(sure, truth) for name in ours() if (one := computed(name)).of_predictions}


def recalls(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Share of each class's images that are recognised, float (classes,); nan of a class without images."""
    classes = probabilities.shape[1]
    there = np.bincount(labels, minlength=classes)
    hits = np.bincount(labels[probabilities.argmax(axis=1) == labels], minlength=classes)
    return np.where(there > 0, hits / np.maximum(there, 1), np.nan)
