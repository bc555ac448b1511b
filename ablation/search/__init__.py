"""Staged search for hyperparameters (lecture E13): coarse and wide, then fine around the best, on validation alone.

A stage is a study whose steps are the search's points, run like any other: so it resumes, runs on every executor and
keeps its trials by configuration hash. Its trials have no test images: nothing here can be chosen by them.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ablation import tricks
from ablation.data.request import DataRequest, read_data
from ablation.errors import UserError, did_you_mean
from ablation.explain import explain
from ablation.files import UNFINISHED, write_atomically
from ablation.recipe import Network, Recipe
from ablation.results import read as results
from ablation.runner.display import Watching
from ablation.runner.lock import hold
from ablation.runner.options import Options
from ablation.runner.plan import default_preset
from ablation.search import report
from ablation.search.samplers import points
from ablation.study.address import Address
from ablation.study.address import parse as parse_address
from ablation.study.planned import PlannedStep
from ablation.study.planning import plan
from ablation.study.schema import Study
from ablation.study.setting import Setting
from ablation.study.space import LECTURE, Space, Values, ends, grid, narrowed, parse
from ablation.study.trial import CONTRACT
from ablation.study.tuning import SAMPLERS, Stage
from ablation.study.yaml_file import parse_yaml, to_yaml

STOP_AT_LOSS = 3.0
COARSE, FINE = "coarse", "fine"


@dataclass(frozen=True)
class Search:
    """What is searched, and how long.

    Attributes:
        step: of the study's ladder: the recipe that is varied.
        space: what is varied.
        samplers: one of `SAMPLERS`; or several, whose coarse stages are then compared.
        coarse, fine: trials and epochs.
        seed: of the points and of every training.
    """

    step: str
    space: Space
    samplers: tuple[str, ...]
    coarse: Stage
    fine: Stage
    seed: int


@dataclass(frozen=True)
class Outcome:
    """How a search ended.

    Attributes:
        folder: what it wrote.
        failed: trials that failed; those that diverged are part of a search.
        interrupted: whether it was asked to stop before the end.
    """

    folder: Path
    failed: int
    interrupted: bool


def search_of(
    study: Study,
    *,
    step: str = "",
    space: Sequence[str] = (),
    samplers: Sequence[str] = (),
    coarse: str = "",
    fine: str = "",
    seed: int = 0,
) -> Search:
    """What the command asks for; what it leaves open, the study says under `tune`, and last the lecture.

    Args:
        space: `KEY=RANGE`, see `ablation.study.space.parse`.
        coarse, fine: `30x3` for 30 trials of 3 epochs.

    Raises:
        UserError: unknown step, sampler or key, or no such range or stage.
    """
    given = {}
    for assignment in space:
        key, equals, text = assignment.partition("=")
        if not equals:
            raise UserError(f"--space {assignment}: expected KEY=RANGE like 'network.l2=log 1e-5 1e5'")
        if key in given:
            raise UserError(f"--space {key}: is there twice")
        given[key] = parse(key, parse_yaml(text, f"--space {key}"), "--space ")
    written = study.tune.space or LECTURE
    chosen = tuple(samplers) or study.tune.samplers
    for sampler in chosen:
        if sampler not in SAMPLERS:
            raise UserError(f"--sampler: unknown '{sampler}'{did_you_mean(sampler, SAMPLERS)}")
    steps = [one.step for one in study.ladder]
    step = step or study.tune.step or steps[0]
    if step not in steps:
        raise UserError(f"--step: unknown step '{step}'{did_you_mean(step, steps)}")
    return Search(
        step,
        given or {key: parse(key, value, "tune.space.") for key, value in written.items()},
        chosen,
        _size(coarse, "--coarse") if coarse else study.tune.coarse,
        _size(fine, "--fine") if fine else study.tune.fine,
        seed,
    )


def _size(text: str, where: str) -> Stage:
    try:
        return Stage.model_validate(text)
    except ValidationError as error:
        told = explain(error, where)
        raise UserError(told if told.startswith(where) else f"{where}: {told}") from error


def tune(study: Study, search: Search, options: Options, display: Watching) -> Outcome:
    """Search, and write table, figures and the tuned study.

    Args:
        study: a loaded study.
        search: see `search_of`.
        options: as for a run, designs, steps, seeds, budgets, protocol and controls aside.
        display: see `ablation.runner.run.run`.

    Raises:
        UserError: bad options or data, values that the recipe refuses, a folder that another search holds, that
            cannot be written or that holds other trials, or a stage of which no trial was done.
    """
    from ablation.data import choose, name_of

    preset = options.preset or default_preset(study)
    address, why = choose(options.dataset or study.dataset, options.data_dir, may_download=preset == "full")
    dataset = name_of(address)
    base = _Base(study, preset, dataset, search.step, options.sets)
    stages = _stages(search)
    _check(search, base, stages)
    display.note(f"{study.title or study.study}, {search.step}: {dataset} ({why}), preset {preset}")
    sizes = base.at({}).setting.sizes.replace(test=0)
    splits = read_data(DataRequest(address, options.data_dir, "honest", sizes))

    folder = options.out or Path("results") / study.study / f"tune-{dataset}-{preset}"
    if (folder / "manifest.json").exists():
        raise UserError(f"{folder}: holds the results of a run; choose another folder with --out")
    notes: dict[str, Any] = {
        "contract": CONTRACT,
        "study": study.study,
        "title": f"{study.title or study.study}, {base.at({}).title}",
        "step": search.step,
        "preset": preset,
        "dataset": {
            "name": dataset,
            "sha256": splits.sha256,
            "train": len(splits.x_train),
            "val": len(splits.x_val),
        },
        "default": {key: base.value(key) for key in search.space},
        "seed": search.seed,
        "command": options.command,
        "stages": [],
    }
    options = dataclasses.replace(options, dataset=address, preset=preset, sets=(), seeds=(search.seed,))
    with hold(folder):
        _remove_unfinished(folder, options.fresh)
        earlier = _points_so_far(folder, search.seed)
        space, failed = search.space, 0
        for name, sampler, size in stages:
            if name == FINE:
                space = narrowed(space, report.best_points(notes, folder, COARSE))
            told = {"name": name, "sampler": sampler, "trials": size.trials, "epochs": size.epochs}
            told |= {"space": report.described(space), "values": []}
            started = earlier.get(json.dumps(told), []) if sampler == "tpe" else []
            notes["stages"].append(told)

            def keep(values: list[Values], told: dict[str, Any] = told) -> None:
                told["values"] = values
                write_atomically(folder / report.NOTES, report.dumped(notes))

            ended = _stage(base, search, space, told, started, folder / name, options, display, keep)
            failed += ended.failed
            if ended.interrupted:
                return ended
        if stages[-1][0] == FINE:
            write_atomically(folder / report.TUNED, _tuned(base, notes, folder))
        report.write(folder)
    return Outcome(folder, failed, False)


def _stages(search: Search) -> list[tuple[str, str, Stage]]:
    """Name, sampler and size of every stage; where samplers are compared, each has one of its name."""
    if len(search.samplers) > 1:
        return [(sampler, sampler, search.coarse) for sampler in search.samplers]
    return [(COARSE, search.samplers[0], search.coarse), (FINE, search.samplers[0], search.fine)]


def _check(search: Search, base: "_Base", stages: Sequence[tuple[str, str, Stage]]) -> None:
    """Try the ends of the space before anything is trained.

    Raises:
        UserError: the recipe refuses a value, a field does nothing for this step, or a grid has too few trials.
    """
    points_to_try = ends(search.space)
    for values in points_to_try:
        base.at(values)
    for key in search.space:
        first, last = (
            base.at({key: values[key]}).setting for values in (points_to_try[0], points_to_try[-1])
        )
        if first == last:
            raise UserError(f"--space {key}: changes nothing in step '{search.step}'")
    for _, sampler, size in stages:
        if sampler == "grid":
            grid(search.space, size.trials)


@dataclass(frozen=True)
class _Base:
    """The recipe that is varied, in the study it comes from."""

    study: Study
    preset: str
    dataset: str
    step: str
    sets: tuple[str, ...]

    def at(self, values: Values, sets: Sequence[str] = ()) -> PlannedStep:
        """The step with a point's values in it.

        Raises:
            UserError: the recipe refuses a value.
        """
        return self._planned(values, sets, (self.step,))[0]

    def value(self, key: str) -> Any:
        """What the step has without a search."""
        address = _address(key)
        if not address.trick:
            return self.at({}).setting.recipe.model_dump(mode="json")[address.field]
        given = tricks.parameters(address.trick)
        for step in self._planned({}):
            given |= dict(step.uses).get(address.trick, {})
        return given[address.field]

    def _planned(
        self, values: Values, sets: Sequence[str] = (), steps: Sequence[str] = ()
    ) -> tuple[PlannedStep, ...]:
        return plan(
            self.study,
            preset=self.preset,
            dataset=self.dataset,
            design="cumulative" if "cumulative" in self.study.designs else "",
            sets=(*self.sets, *sets),
            values={_address(key): value for key, value in values.items()},
            steps=steps,
        )


def _address(key: str) -> Address:
    found = parse_address(key)
    assert found is not None, key
    return found


def _stage(
    base: _Base,
    search: Search,
    space: Space,
    told: dict[str, Any],
    started: list[Values],
    folder: Path,
    options: Options,
    display: Watching,
    keep: Callable[[list[Values]], None],
) -> Outcome:
    """Train one stage's points; those that depend on earlier ones, as many at a time as there are jobs.

    Args:
        started: such points of an interrupted search; they come first, as they did there.
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
            return Outcome(folder.parent, 0, True)
        failed = int((results.load(folder).trials["status"] == "failed").sum())
    return Outcome(folder.parent, failed, False)


def _scored(values: Sequence[Values], folder: Path) -> list[tuple[Values, float]]:
    """Points with their validation accuracies; one without, since it diverged or failed, is as bad as can be."""
    found = results.load(folder).trials.set_index("position")["val_accuracy"].fillna(0.0)
    return [(one, float(found[number])) for number, one in enumerate(values)]


def _study(base: _Base, name: str, values: Sequence[Values], sets: Sequence[str]) -> Study:
    """A stage as a study: a step a point, each setting outright all that any of them sets."""
    default = base.at({}, sets).setting
    settings = [base.at(one, sets).setting for one in values]
    addresses = [_address(key) for one in values for key in one]
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
            **_sections(default),
            "ladder": [
                {
                    "step": f"trial-{number:03}",
                    "title": report.shown(one),
                    **_fields(setting.recipe, varied),
                }
                for number, (one, setting) in enumerate(zip(values, settings, strict=True), start=1)
            ],
        }
    )


def _sections(setting: Setting) -> dict[str, Any]:
    """A setting as the top of a study file."""
    recipe = setting.recipe.model_dump(mode="json", exclude_defaults=True)
    return _fields(setting.recipe, set(recipe)) | {
        "data": setting.sizes.model_dump(mode="json", exclude_none=True)
    }


def _fields(recipe: Recipe, names: set[str]) -> dict[str, Any]:
    content = recipe.model_dump(mode="json")
    network = {name: content[name] for name in content if name in names and name in Network.model_fields}
    training = {name: content[name] for name in content if name in names and name not in network}
    return {"network": network, "training": training}


def _tuned(base: _Base, notes: dict[str, Any], folder: Path) -> str:
    """The default and the recipe that was found, as a study of two steps.

    Raises:
        UserError: no trial of the fine stage is done.
    """
    best = report.best_points(notes, folder, FINE)[0]
    default, tuned = base.at({}).setting, base.at(best).setting.recipe
    changes = set(tuned.changes_from(default.recipe))
    content = {
        "study": f"{base.study.study[:58]}_tuned",
        "title": f"{notes['title']}: default and tuned",
        "question": f"What does tuning {', '.join(best)} buy?",
        "dataset": base.dataset,
        "designs": ["cumulative"],
        "presets": {base.preset: {}},
        **_sections(default),
        "ladder": [
            {"step": "default", "title": "default"},
            {"step": "tuned", "title": "tuned", **_fields(tuned, changes)},
        ],
    }
    text = to_yaml(content, sort_keys=False, width=110, default_flow_style=None)
    lines = (line for part in report.header(notes, folder) for line in part.splitlines() or [""])
    return "".join(f"# {line}".rstrip() + "\n" for line in lines) + text


def _points_so_far(folder: Path, seed: int) -> dict[str, list[Values]]:
    """An earlier search's points by the stage they belong to, written out but for its points."""
    try:
        notes = report.read(folder)
    except UserError:
        return {}
    stages = notes["stages"] if notes["seed"] == seed else []
    return {json.dumps(stage | {"values": []}): stage["values"] for stage in stages}


def _remove_unfinished(folder: Path, fresh: bool) -> None:
    """Remove what a killed search was writing, and, starting anew, what an earlier one concluded."""
    for file in folder.glob(f".*{UNFINISHED}"):
        file.unlink(missing_ok=True)
    for name in (report.NOTES, report.TUNED) if fresh else ():
        (folder / name).unlink(missing_ok=True)
