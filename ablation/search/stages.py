"""The stages of a search, each a study whose steps are the search's points."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ablation.results import read as results
from ablation.runner.display import Watching
from ablation.runner.options import Options
from ablation.search.ask import Search
from ablation.search.base import Base, address_of, fields, sections
from ablation.search.samplers import points
from ablation.search.table import shown
from ablation.study.schema import Study
from ablation.study.space import Space, Values, grid
from ablation.study.tuning import Stage

STOP_AT_LOSS = 3.0
COARSE, FINE = "coarse", "fine"


def stages(search: Search) -> list[tuple[str, str, Stage]]:
    """Name, sampler and size of every stage; where samplers are compared, each has one of its name."""
    if len(search.samplers) > 1:
        return [(sampler, sampler, search.coarse) for sampler in search.samplers]
    return [(COARSE, search.samplers[0], search.coarse), (FINE, search.samplers[0], search.fine)]


def train_stage(
    base: Base,
    search: Search,
    space: Space,
    told: dict[str, Any],
    started: list[Values],
    folder: Path,
    options: Options,
    display: Watching,
    keep: Callable[[list[Values]], None],
) -> int | None:
    """Train one stage's points; those that depend on earlier ones, as many at a time as there are jobs.

    Args:
        started: such points of an interrupted search; they come first, as they did there.

    Returns:
        How many trials failed; None where the search was asked to stop.
    """
    from ablation.runner.run import run

    name, sampler, trials = told["name"], told["sampler"], told["trials"]
    total = len(grid(space, trials)) if sampler == "grid" else trials
    jobs = options.jobs or (1 if sampler == "tpe" else None)
    at_once = jobs if jobs and sampler == "tpe" else total
    sets = [f"training.epochs={told['epochs']}", "data.test=0"]
    if base.at({}).setting.recipe.stop_at_loss is None:
        sets.append(f"training.stop_at_loss={STOP_AT_LOSS:g}")
    values: list[Values] = []
    failed = 0
    while len(values) < total:
        fresh = options.fresh and not values
        if started and not values:
            values = started[:total]
        else:
            wanted = range(len(values), min(total, len(values) + at_once))
            scored = _scored(values, folder) if sampler == "tpe" and values else []
            values += points(sampler, space, wanted, trials, search.seed, name, scored)
        keep(values)
        of_stage = dataclasses.replace(options, out=folder, jobs=jobs, fresh=fresh)
        ended = run(_study(base, name, values, sets), of_stage, display)
        if ended.interrupted:
            return None
        failed = int((results.load(folder).trials["status"] == "failed").sum())
    return failed


def _scored(values: Sequence[Values], folder: Path) -> list[tuple[Values, float]]:
    """Points with their validation accuracies; one without, since it diverged or failed, is as bad as can be."""
    found = results.load(folder).trials.set_index("position")["val_accuracy"].fillna(0.0)
    return [(one, float(found[number])) for number, one in enumerate(values)]


def _study(base: Base, name: str, values: Sequence[Values], sets: Sequence[str]) -> Study:
    """A stage as a study: a step a point, each setting outright all that any of them sets."""
    default = base.at({}, sets).setting
    settings = [base.at(one, sets).setting for one in values]
    addresses = [address_of(key) for one in values for key in one]
    varied = {address.field for address in addresses if not address.trick}
    varied |= {field for setting in settings for field in setting.recipe.changes_from(default.recipe)}
    return Study.model_validate(
        {
            "study": base.study.study,
            "title": f"{base.study.title or base.study.study}: {name} search",
            "dataset": base.dataset,
            "designs": ["cumulative"],
            "presets": {base.preset: {}},
            "seeds": 1,
            **sections(default),
            "ladder": [
                {
                    "step": f"trial-{number:03}",
                    "title": shown(one),
                    **fields(setting.recipe, varied),
                }
                for number, (one, setting) in enumerate(zip(values, settings, strict=True), start=1)
            ],
        }
    )
