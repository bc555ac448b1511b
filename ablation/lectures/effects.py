"""A trick's effect over all reference runs, and what others published of it."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isnan, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from ablation.analysis.pooling import Pooled, pool
from ablation.analysis.proportions import clip_interval
from ablation.analysis.steps import CONTROL
from ablation.lectures.quote import PLACES, Effect, Quoted
from ablation.places import REFERENCE
from ablation.study.yaml_file import read_yaml

PUBLISHED = Path(__file__).parent / "published.yaml"
PREFERRED = ("cumulative", "add-one", "leave-one-out")  # one answer a run: its designs share trials


@dataclass(frozen=True)
class Published:
    """What a public file says of a trick on CIFAR-10.

    Attributes:
        tricks: our names for it.
        what: in words.
        network: on which.
        before, after: test accuracy without and with it, in percent.
        n: how many runs, in the source's words.
        source: the file's home.
    """

    tricks: tuple[str, ...]
    what: str
    network: str
    before: float
    after: float
    n: str
    source: str


@functools.cache
def all_published() -> tuple[Published, ...]:
    """The rows of `published.yaml`."""
    rows: Any = read_yaml(PUBLISHED)
    return tuple(_published(row) for row in rows["effects"])


def published(trick: str) -> list[Published]:
    """What was published of a trick."""
    return [one for one in all_published() if trick in one.tricks]


@dataclass(frozen=True)
class PublishedLength:
    """In how many epochs a public recipe reaches an accuracy on CIFAR-10 without a trick and with it.

    Attributes:
        trick: our name for it.
        accuracy: of test images, in percent.
        epochs: without the trick and with it, by design.
        network: which.
        source: the paper.
    """

    trick: str
    accuracy: float
    epochs: Mapping[str, tuple[float, float]]
    network: str
    source: str

    def cell(self, design: str) -> str:
        """For a table: "34 → 21"."""
        return " → ".join(f"{one:g}" for one in self.epochs[design])

    @property
    def told(self) -> str:
        """ "epochs to 94 %: 34 → 21 on the ladder, 22 → 9.9 in the full recipe"."""
        places = ", ".join(f"{self.cell(design)} {PLACES[design]}" for design in self.epochs)
        return f"epochs to {self.accuracy:g} %: {places}"


@functools.cache
def published_lengths() -> Mapping[str, PublishedLength]:
    """What `published.yaml` says of training lengths, by trick."""
    rows: Any = read_yaml(PUBLISHED)["lengths"]
    return {
        trick: PublishedLength(
            trick,
            rows["accuracy"],
            {design: (without, with_it) for design, (without, with_it) in epochs.items()},
            rows["network"],
            rows["source"],
        )
        for trick, epochs in rows["tricks"].items()
    }


def _published(row: Mapping[str, Any]) -> Published:
    return Published(
        tuple(row["tricks"]),
        row["what"],
        row["network"],
        row["without"],
        row["with"],
        row["n"],
        row["source"],
    )


@dataclass(frozen=True)
class Measured:
    """The effect of a trick in one reference run.

    Attributes:
        run: which.
        step: the row of its summary.
        effect: of adding the trick alone to the step's base.
        error: standard error of the effect, a fraction; NaN where one pair shows no spread.
    """

    run: Quoted
    step: str
    effect: Effect
    error: float


@functools.cache
def _runs(folder: Path) -> tuple[Quoted, ...]:
    return tuple(Quoted(file.parent) for file in sorted(folder.glob("*/*/summary.csv")))


def alone(trick: str, folder: Path = REFERENCE) -> list[tuple[Quoted, list[dict[str, Any]]]]:
    """The reference runs that add or leave out the trick alone, and their steps that do, as their manifests say."""
    steps = [(run, [step for step in run.manifest["steps"] if _is_of(trick, step)]) for run in _runs(folder)]
    return [(run, own) for run, own in steps if own]


def _is_of(trick: str, step: Mapping[str, Any]) -> bool:
    return step["role"] != CONTROL and [use["name"] for use in step["tricks"]] == [trick]


@functools.cache
def measured(trick: str, folder: Path = REFERENCE) -> tuple[Measured, ...]:
    """What each reference run that adds or leaves out the trick alone measured, one design a run."""
    found = []
    for run, steps in alone(trick, folder):
        design = min((step["design"] for step in steps), key=_preference)
        found += [_measured(run, step) for step in steps if step["design"] == design]
    return tuple(one for one in found if one)


def pooled(trick: str, folder: Path = REFERENCE) -> Pooled | None:
    """The random-effects mean over the reference runs; None where no run measured the trick alone.

    Its interval ends at 100 points, as a difference of accuracies does.
    """
    found = [one for one in measured(trick, folder) if one.error > 0]
    if not found:
        return None
    mean = pool(np.array([one.effect.value for one in found]), np.array([one.error for one in found]))
    low, high = clip_interval(mean.low, mean.high, -1.0)
    return replace(mean, low=float(low), high=float(high))


def _preference(design: str) -> int:
    return PREFERRED.index(design) if design in PREFERRED else len(PREFERRED)


def _measured(run: Quoted, step: Mapping[str, Any]) -> Measured | None:
    here = run.table[(run.table["design"] == step["design"]) & (run.table["step"] == step["step"])]
    if here.empty or not here["pairs"].iloc[0] or not isinstance(here["verdict_kind"].iloc[0], str):
        return None
    row = here.iloc[0]
    error = float("nan") if isnan(row["deviation"]) else float(row["deviation"]) / sqrt(row["pairs"])
    return Measured(run, step["step"], run.effect(step["step"], step["design"]), error)
