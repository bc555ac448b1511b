"""A search from start to end."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablation.data.request import DataRequest, read_data
from ablation.errors import UserError
from ablation.files import UNFINISHED, write_atomically
from ablation.measures import ACCURACY
from ablation.results.manifest import images_told
from ablation.runner.display import Watching
from ablation.runner.lock import hold
from ablation.runner.options import Options
from ablation.runner.plan import default_preset
from ablation.search import report
from ablation.search.ask import Search
from ablation.search.base import Base
from ablation.search.notes import NOTES, TUNED, described, dumped, read
from ablation.search.stages import COARSE, FINE, stages, train_stage
from ablation.search.table import best_points
from ablation.search.tuned import tuned_study
from ablation.study.schema import Study
from ablation.study.space import Values, ends, grid, narrowed
from ablation.study.trial import CONTRACT
from ablation.study.tuning import Stage


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
    base = Base(study, preset, dataset, search.step, options.sets)
    planned = stages(search)
    _check(search, base, planned)
    display.note(f"{study.title or study.study}, {search.step}: {dataset} ({why}), preset {preset}")
    if (measure := study.reported[0]) != ACCURACY:
        display.note(
            f"the search goes by validation accuracy; {measure.phrase} is of test images, which a search is not given,"
            f" and judges default and tuned by {TUNED}"
        )
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
            "name": images_told({"name": dataset, "title": splits.title, "published": splits.published}),
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
        for name, sampler, size in planned:
            if name == FINE:
                space = narrowed(space, best_points(notes, folder, COARSE))
            told = {"name": name, "sampler": sampler, "trials": size.trials, "epochs": size.epochs}
            told |= {"space": described(space), "values": []}
            started = earlier.get(json.dumps(told), []) if sampler == "tpe" else []
            notes["stages"].append(told)

            def keep(values: list[Values], told: dict[str, Any] = told) -> None:
                told["values"] = values
                write_atomically(folder / NOTES, dumped(notes))

            ended = train_stage(base, search, space, told, started, folder / name, options, display, keep)
            if ended is None:
                return Outcome(folder, 0, True)
            failed += ended
        if planned[-1][0] == FINE:
            write_atomically(folder / TUNED, tuned_study(base, notes, folder))
        report.write(folder)
    return Outcome(folder, failed, False)


def _check(search: Search, base: Base, planned: Sequence[tuple[str, str, Stage]]) -> None:
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
    for _, sampler, size in planned:
        if sampler == "grid":
            grid(search.space, size.trials)


def _points_so_far(folder: Path, seed: int) -> dict[str, list[Values]]:
    """An earlier search's points by the stage they belong to, written out but for its points."""
    try:
        notes = read(folder)
    except UserError:
        return {}
    stages = notes["stages"] if notes["seed"] == seed else []
    return {json.dumps(stage | {"values": []}): stage["values"] for stage in stages}


def _remove_unfinished(folder: Path, fresh: bool) -> None:
    """Remove what a killed search was writing, and, starting anew, what an earlier one concluded."""
    for file in folder.glob(f".*{UNFINISHED}"):
        file.unlink(missing_ok=True)
    for name in (NOTES, TUNED) if fresh else ():
        (folder / name).unlink(missing_ok=True)
