"""The steps of a run and their done trials, told apart by the manifest's fields."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ablation.errors import UserError
from ablation.results.read import Results
from ablation.study import Variant

AA = "aa"
START, ADDED, LEFT_OUT, CONTROL = "start", "added", "left_out", "control"

Step = Mapping[str, Any]


@dataclass(frozen=True)
class Steps:
    """What a run trained.

    Attributes:
        all: the steps of every design, in the manifest's order.
        done: the trials that count (`done_trials`).
    """

    all: tuple[Step, ...]
    done: pd.DataFrame
    _by_place: Mapping[tuple[str, str], Step]
    _trials: Mapping[tuple[str, str], pd.DataFrame]

    def base(self, step: Step) -> Step | None:
        """The step of the same design that this one is compared with; None where it is compared with none."""
        return self._by_place.get((step["design"], step["base"] or ""))

    def trials(self, step: Step) -> pd.DataFrame:
        """The done trials of one step of one design, by seed."""
        return self._trials.get((step["design"], step["step"]), self.done.iloc[:0])

    def hashes(self, step: Step) -> dict[int, str]:
        """The configuration hash of each of them, by seed."""
        trials = self.trials(step)
        return dict(zip(trials["seed"].tolist(), trials["config_hash"], strict=True))

    def root(self, step: Step) -> Step:
        """The step from which one comes to this one by going from base to base."""
        for _ in self.all:
            base = self.base(step)
            if base is None:
                break
            step = base
        return step


def steps_of(results: Results) -> Steps:
    """The steps of a results folder.

    Raises:
        UserError: no trial of it is done.
    """
    done = done_trials(results)
    steps = tuple(results.manifest["steps"])
    return Steps(
        steps,
        done,
        {(step["design"], step["step"]): step for step in steps},
        dict(iter(done.groupby(["design", "step"], sort=False))),
    )


def done_trials(results: Results) -> pd.DataFrame:
    """The trials that count, by seed.

    Raises:
        UserError: there is none.
    """
    done = results.trials[results.trials["status"] == "done"].dropna(subset=["test_accuracy"])
    if done.empty:
        raise UserError(
            f"{results.folder.path}: nothing to report; expected at least one done trial in trials.csv, found"
            f" {len(results.trials)} failed, diverged or not judged on test images"
        )
    return done.sort_values(["design", "position", "seed"], kind="stable")


def control_kind(step: Step) -> str:
    """`aa`, `parameters` or `compute`; empty for a step of the ladder."""
    return (step["control"] or {}).get("kind", "") if step["role"] == CONTROL else ""


def is_tested(step: Step) -> bool:
    """Whether a step's comparison has a verdict: a part of an average has none, nor what changes nothing."""
    return step["order"] is None and control_kind(step) != AA


def variant_of(step: Step) -> Variant:
    """The design of a step and what it does otherwise than the study says."""
    given = step["variant"]
    return Variant(given["design"], given.get("epochs"), given.get("protocol"))


def variants(steps: Iterable[Step]) -> dict[str, Variant]:
    """The designs of a run by name, and each without its epochs or its protocol."""
    known = {step["design"]: variant_of(step) for step in steps}
    for one in list(known.values()):
        for shorter in (replace(one, epochs=None), replace(one, protocol=None)):
            known.setdefault(str(shorter), shorter)
    return known


def averaged(steps: Iterable[Step]) -> frozenset[str]:
    """The designs that climb the ladder in several orders, so that their steps are parts of an average."""
    return frozenset(step["design"] for step in steps if step["order"] is not None)


def titles(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What the ladder's steps are called: as the study says, or where one was run, as that says."""
    ladder = manifest["study"].get("ladder")
    titles = {
        one["step"]: str(one["title"])
        for one in (ladder if isinstance(ladder, list) else [])
        if isinstance(one, dict) and isinstance(one.get("step"), str) and one.get("title")
    }
    for step in manifest["steps"]:
        if step["role"] == ADDED and step["order"] is None and step["title"]:
            titles.setdefault(step["step"], step["title"])
    return titles
