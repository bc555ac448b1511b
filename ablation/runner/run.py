"""All trials of a study: which are left, carrying them out, keeping what they gave."""

import contextlib
import functools
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ablation import hardware
from ablation.errors import UserError
from ablation.results import read as results
from ablation.results.folder import Records, RunFolder
from ablation.results.tables import trial_columns
from ablation.runner import earlier, interrupt, manifest, resolve, samples, tasks
from ablation.runner.display import Watching
from ablation.runner.executors.processes import refuse_in_a_starting_process
from ablation.runner.executors.task import Task, failed_record
from ablation.runner.lock import hold
from ablation.runner.options import Options
from ablation.runner.plan import plan_run
from ablation.runner.provenance import now
from ablation.runner.tracking import TRACKERS, About, Track, tracked
from ablation.runner.work import Place, Work, prepared, remarks
from ablation.study.planned import PlannedStep
from ablation.study.schema import Study
from ablation.study.trial import Trial
from ablation.train.loop import Interrupted
from ablation.train.weights import are_weights

TABLES_EVERY, TABLES_SHARE = 20.0, 0.02
NO_START = "the training that it starts from left no weights"


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        folder: of the results.
        trained: trials carried out now.
        kept: trials that were there already.
        bad: planned trials that failed or diverged.
        interrupted: whether it was asked to stop before the end.
    """

    folder: Path
    trained: int
    kept: int
    bad: int
    interrupted: bool


def run(study: Study, options: Options, display: Watching) -> Outcome:
    """Train what is not there yet and write the results folder.

    Args:
        study: a loaded study.
        options: see `ablation.runner.options`.
        display: shows progress.

    Raises:
        UserError: bad options, threads that this process cannot have any more, data that cannot be read, a folder that
            another run holds, that cannot be written or that holds results of other settings.
    """
    refuse_in_a_starting_process()
    hardware.use_threads(options.threads)
    began = time.monotonic()
    asked = plan_run(study, options)
    folder = RunFolder(options.out or Path("results") / study.study / f"{asked.dataset}-{asked.preset}")
    _check_ours(folder)
    looked = None
    if options.resolve:
        looked = resolve.planned(asked, {} if options.fresh else folder.read_manifest() or {})
        asked = replace(asked, seeds=looked.seen)
    display.note(asked.title)
    with display.busy("reading the images, checking every layer"):
        work = prepared(asked)
    for note in dict.fromkeys(note for splits in work.splits.values() for note in splits.notes):
        display.note(note)
    for note in (*remarks(work), *asked.without):
        display.note(note)
    own = manifest.of(work)
    with (
        hold(folder.path, options.lock),
        interrupt.deferred(display) as stop,
        _tracked(study, options, folder) as track,
    ):
        if options.fresh and (aside := folder.set_aside()):
            display.note(f"the results that lay in {folder.path} are now in {aside}")
        folder.remove_unfinished()
        records = folder.read_trials()
        there = folder.read_manifest() or {}
        room = _Room(options, folder, records, display, track, stop)
        begun: set[str] = set()
        finished: set[str] = set()
        wanting: frozenset[Place] | None = None
        while True:
            own |= {"trials": manifest.rows(work)} | (
                {"looks": resolve.told(looked, there)} if looked else {}
            )
            told = earlier.joined(folder.path, there, own, work, records)
            folder.write_manifest(told)
            if not begun:
                samples.keep(work, told, folder, display)
            trained = _train(work, told, begun, room, resolve.name(looked) if looked else "")
            begun |= trained.hashes
            finished |= trained.finished
            all_done = trained.all_done
            if looked is None or not all_done or (options.fail_fast and trained.failed):
                break
            looked = replace(looked, taken=looked.taken + 1)
            told |= {"looks": resolve.told(looked, there)}
            folder.write_manifest(told)
            found = resolve.standings(results.load(folder.path), work, looked)
            wanting = found.wanting if wanting is None else wanting & found.wanting
            if not wanting or looked.over:
                display.note(resolve.last_look(looked, found))
                break
            further = resolve.with_seeds(work, wanting, looked.ahead)
            if _is_late(options, began) and _left(further, begun, room):
                display.note(f"{options.hours:g} h are over: {resolve.name(looked)} does not begin")
                break
            if stop():
                all_done = False
                break
            display.note(resolve.next_look(looked, found, wanting))
            work = further
        if all_done:
            folder.write_manifest(told | {"end": now()})
    statuses = {trial.config_hash: records.status(trial.config_hash) for _, _, trial in work.trials}
    bad = sum(statuses[row["config_hash"]] not in (None, "done") for row in own["trials"])
    stopped = not all_done and not (options.fail_fast and trained.failed)
    kept = len(statuses.keys() - begun)
    return Outcome(folder.path, len(finished), kept, bad, stopped)


@dataclass(frozen=True)
class _Room:
    """What a run has from its first look to its last."""

    options: Options
    folder: RunFolder
    records: Records
    display: Watching
    track: Track
    stop: Callable[[], bool]


@dataclass(frozen=True)
class _Trained:
    """What came of the trials that were left.

    Attributes:
        hashes: of what was to be trained.
        finished: of what has a record now.
        all_done: whether none of it was left out.
        failed: whether some of it failed or diverged.
    """

    hashes: set[str]
    finished: set[str]
    all_done: bool
    failed: bool


def _train(work: Work, told: Mapping[str, Any], before: Collection[str], room: _Room, look: str) -> _Trained:
    """Train what is left, and write the tables.

    Args:
        work: with the seeds of each step.
        told: the manifest.
        before: configuration hashes of what this run has trained already.
        room: of the run.
        look: what is being resolved; empty without looks.
    """
    options, folder, records, display = room.options, room.folder, room.records, room.display
    left = _left(work, before, room)
    _forget_damaged_weights(work, left, folder, display)
    groups = tasks.in_waves(work, left, folder)
    labels = tasks.labels(work, left)
    hashes = {task.trial.config_hash for group in groups for task in group}
    kept = len({trial.config_hash for _, _, trial in work.trials} - hashes - set(before))
    jobs = options.jobs or (hardware.default_jobs(options.threads) if options.strategy == "single" else 1)
    at_once = None if options.executor == "ray" else jobs
    costs = {labels[task.trial.config_hash]: tasks.cost(work, task) for group in groups for task in group}
    display.start(len(hashes), kept, costs, at_once, look)
    columns = trial_columns(told)
    write_tables = _seldom(lambda: folder.write_tables(told["trials"], records, columns))
    failed, finished = False, set[str]()

    def finish(task: Task, record: dict[str, Any]) -> None:
        nonlocal failed
        record = records.keep(record)
        failed |= record["status"] != "done"
        finished.add(record["config_hash"])
        title, seed = labels[record["config_hash"]]
        room.track(title, task.trial, record)
        display.finish(title, seed, record)
        write_tables()

    def watch(task: Task, progress: Any) -> None:
        display.progress(*labels[task.trial.config_hash], progress)

    try:
        for group in groups:
            ready = [task for task in group if task.start is None or task.start.is_file()]
            for task in group:
                if task not in ready:
                    finish(task, failed_record(task.trial, NO_START))
            execute = _executor(options, min(jobs, len(ready)))
            execute(ready, watch, finish, lambda: room.stop() or (options.fail_fast and failed))
    except Interrupted:
        return _Trained(hashes, finished, False, failed)
    finally:
        display.end()
        folder.write_tables(told["trials"], records, columns)
    return _Trained(hashes, finished, True, failed)


def _left(work: Work, before: Collection[str], room: _Room) -> list[tuple[PlannedStep, int, Trial]]:
    """The trials that are to be trained."""
    return [
        (step, seed, trial)
        for step, seed, trial in work.trials
        if (status := room.records.status(trial.config_hash)) is None
        or (room.options.retry_failed and status != "done" and trial.config_hash not in before)
    ]


def _is_late(options: Options, began: float) -> bool:
    return options.hours is not None and time.monotonic() - began >= options.hours * 3600


def _forget_damaged_weights(
    work: Work, left: Sequence[tuple[PlannedStep, int, Trial]], folder: RunFolder, display: Watching
) -> None:
    """Remove weights that others were to start from and that are damaged, or of another network: they are trained
    anew."""
    origins = {one.config_hash: one for step, seed, _ in left for one in work.line(step, seed)[1:]}
    for key, trial in origins.items():
        file = folder.weights_file(key)
        if file.exists() and not are_weights(file, work.layers(trial)):
            display.note(f"{file}: damaged, or of another network; the training that left it is done again")
            file.unlink()


def _seldom(act: Callable[[], None]) -> Callable[[], None]:
    """`act` at most every `TABLES_EVERY` seconds, and for no more than `TABLES_SHARE` of the time."""
    due = time.monotonic() + TABLES_EVERY

    def perhaps() -> None:
        nonlocal due
        if (began := time.monotonic()) > due:
            act()
            ended = time.monotonic()
            due = ended + max(TABLES_EVERY, (ended - began) / TABLES_SHARE)

    return perhaps


def _executor(options: Options, jobs: int) -> Callable[..., None]:
    """How to carry out some trials, `jobs` at a time where this machine does it."""
    if options.executor == "ray" and jobs:
        from ablation.runner.executors import ray

        return functools.partial(
            ray.execute,
            address=options.ray_address,
            cpus=options.trial_cpus or options.threads,
            gpus=options.trial_gpus,
        )
    if jobs <= 1:
        from ablation.runner.executors.local import execute

        return execute
    from ablation.runner.executors import processes

    return functools.partial(processes.execute, jobs=jobs)


def _tracked(study: Study, options: Options, folder: RunFolder) -> contextlib.AbstractContextManager[Track]:
    wanted = {name: getattr(options, name) for name in TRACKERS}
    return tracked(wanted, About(study.study, folder.path, options.command))


def _check_ours(folder: RunFolder) -> None:
    """Nothing is written, and nothing moved, between files that are none of this project's.

    Raises:
        UserError: such lie in the folder, and no results.
    """
    if others := folder.strangers():
        named = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        raise UserError(
            f"{folder.path}: holds other files ({named}) and no results; choose another folder with --out"
        )
