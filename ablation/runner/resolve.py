"""Seeds on demand: after a look, more seeds go to the comparisons that are open and whose answer is in reach.

A comparison that was once passed over gets no more seeds. So whoever takes the looks again over the finished trials,
as a run does that goes on where another was killed, gives the same seeds to the same steps. A comparison gets seeds
where both its steps were asked for; a step that is the same training gets them in every design.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ablation.analysis.comparisons import Comparison, is_primary
from ablation.analysis.looks import FIRST, MOST, plan_looks
from ablation.analysis.measured import judged, primary
from ablation.analysis.sequential import Looked, looked
from ablation.analysis.steps import steps_of
from ablation.results.read import Results
from ablation.runner.options import OptionError
from ablation.runner.plan import RunPlan
from ablation.runner.work import Place, Work
from ablation.wording import counted

NAMED = 6


@dataclass(frozen=True)
class Standings:
    """The primary comparisons between steps that were asked for, after a look.

    Attributes:
        compared: titles by place; a pair that several designs compare has several places and one title.
        open: places of those without an answer.
        wanting: places of the open ones whose answer is in reach.
    """

    compared: Mapping[Place, str]
    open: frozenset[Place]
    wanting: frozenset[Place]

    def told(self, places: Iterable[Place]) -> str:
        """Some of the comparisons by the titles of their steps."""
        names = list(dict.fromkeys(self.compared[place] for place in self.compared if place in set(places)))
        return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")


def planned(asked: RunPlan, there: Mapping[str, Any]) -> Looked:
    """The looks of a run, none of them taken: those that its folder tells of, or new ones.

    Args:
        asked: with its options; seeds that are not named are as many as the preset says, three at least.
        there: the manifest that lies in the folder, or nothing.

    Raises:
        OptionError: more seeds at the first look than at the last, or other looks than those of the folder.
    """
    options, told = asked.options, looked(there)
    named = options.seeds or (told.order[: told.plan.seeds[0]] if told else ())
    first = named or tuple(range(max(len(asked.seeds), FIRST)))
    most = options.max_seeds or (told.plan.seeds[-1] if told else max(MOST, len(first)))
    if most < len(first):
        raise OptionError(
            "max_seeds", f"expected at least the {len(first)} seeds of the first look, found '{most}'"
        )
    more = range(max(first) + 1, max(first) + 1 + most - len(first))
    found = Looked(plan_looks(len(first), most), (*first, *more), measure=asked.study.primary_measure)
    if told and (told.plan.seeds, told.order) != (found.plan.seeds, found.order):
        option = "max_seeds" if options.max_seeds else "seeds"
        raise OptionError(
            option,
            f"the looks of this folder were planned at {_seeds(told)} seeds, found {_seeds(found)}; leave it out, "
            "or choose another folder with --out",
        )
    if told and told.measure != found.measure:
        raise OptionError(
            "primary_measure",
            f"the looks of this folder give seeds by {told.measure}, found {found.measure}; choose another folder with "
            "--out",
        )
    return found


def _seeds(looked: Looked) -> str:
    return ", ".join(map(str, looked.plan.seeds))


def told(looks: Looked, there: Mapping[str, Any]) -> dict[str, Any]:
    """The looks as the manifest is to tell them: no earlier run's in the folder is taken back.

    Args:
        looks: how far this run is with them.
        there: the manifest that lay in the folder, or nothing.
    """
    earlier = looked(there)
    return replace(looks, taken=max(looks.taken, earlier.taken if earlier else 0)).told


def standings(results: Results, work: Work, looks: Looked) -> Standings:
    """Where the comparisons stand after the looks that this run has taken."""
    if not (results.trials["status"] == "done").any():
        return Standings({}, frozenset(), frozenset())
    steps, measure = steps_of(results), primary(results.manifest)
    manifest = results.manifest | {"looks": looks.told}
    titles = {step.place: step.title for step in work.steps}
    asked = {(step["design"], step["step"]): step for step in steps.all if is_primary(step)}
    found: dict[Place, Comparison] = {
        place: one
        for place, one in judged(manifest, steps, measure).items()
        if place in asked and {place, (place[0], asked[place]["base"])} <= titles.keys()
    }
    several = len({design for design, _ in found}) > 1
    return Standings(
        {place: titles[place] + (f" ({place[0]})" if several else "") for place in found},
        frozenset(place for place, one in found.items() if one.is_open),
        frozenset(place for place, one in found.items() if one.wants_seeds and one.estimate.n),
    )


def with_seeds(work: Work, wanting: Iterable[Place], seeds: Sequence[int]) -> Work:
    """The work with these seeds for both steps of each comparison, and for every step that is the same training."""
    by_place = {step.place: step for step in work.steps}
    sides = {side for place in wanting for side in (place, (place[0], by_place[place].base or ""))}
    trained = {work.trained_as(by_place[side]) for side in sides}
    given = {
        place: tuple(seeds) if work.trained_as(step) in trained else work.seeds[place]
        for place, step in by_place.items()
    }
    return replace(work, seeds=given)


def name(looked: Looked) -> str:
    """The look that comes next: "look 2 of 4"."""
    return f"look {looked.taken + 1} of {len(looked.plan.seeds)}"


def next_look(looked: Looked, found: Standings, wanting: Iterable[Place]) -> str:
    """What is going to be resolved, in one line."""
    return f"{name(looked)}, at {len(looked.ahead)} seeds: open and in reach: {found.told(wanting)}"


def last_look(looked: Looked, found: Standings) -> str:
    """How it ended, in one line."""
    taken = f"{looked.taken} of {counted(len(looked.plan.seeds), 'look')} taken"
    if not found.compared:
        return f"{taken}: no comparison of the study's to resolve"
    return f"{taken}: " + (f"open: {found.told(found.open)}" if found.open else "no comparison is open")
