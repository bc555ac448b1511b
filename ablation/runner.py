"""All trials of a study: which are left, carrying them out, keeping what they gave."""

import contextlib
import functools
import hashlib
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ablation import tricks
from ablation.controls import CONTROLS, planned
from ablation.errors import UserError
from ablation.lock import hold
from ablation.provenance import commit, now, versions
from ablation.recipe import Recipe
from ablation.results import RunFolder, write_atomically
from ablation.study import PlannedStep, Setting, Study, nodes, seeds_of, variants
from ablation.tracking import Track, tracked

EXECUTORS = ("local", "ray")
STRATEGIES = ("single", "data-parallel")
TABLES_EVERY, TABLES_SHARE = 20.0, 0.02
NO_START = "the training that it starts from left no weights"
Place = tuple[str, str]
ORDER = re.compile(r"o(\d{1,4})_")


@dataclass(frozen=True)
class Options:
    """What a run was asked for beside its study.

    Attributes:
        preset: of the study; empty for `full` with an accelerator and `quick` without.
        dataset: name, `auto`, or empty for the study's own.
        data_dir: the user's data folder.
        designs: empty for the study's own.
        budgets: epochs at which every design is run; empty for what the study says.
        protocol: `honest`, `lecture`, `both`, or empty for the study's own.
        controls: of `ablation.controls.CONTROLS`.
        steps: names to keep; empty for all.
        seeds: the seeds themselves; empty for as many as the preset says, counted from 0.
        sets: `KEY=VALUE` assignments.
        out: results folder; None for `results/<study>/<dataset>-<preset>`.
        jobs: processes at a time; 1 trains in this process, None takes one a core (or one a GPU).
        executor: `local`, or `ray` for the tasks of a cluster.
        ray_address: of a running cluster; empty starts one on this machine.
        trial_cpus: of one trial on a cluster.
        trial_gpus: of one trial on a cluster, or the share of one; None for one, where there are any.
        strategy: `single`, or `data-parallel` where all devices share each trial.
        fail_fast: end at the first trial that fails or diverges.
        retry_failed: train failed and diverged trials again.
        fresh: discard what the folder holds.
        weights: file of a backbone's weights; None to have Keras fetch them.
        tensorboard: write event files to `tensorboard/`.
        save_models: keep each trial's best models in `models/`.
        mlflow: where to log finished trials: a URI, empty for `mlruns/`; None not to.
        command: the command line, for the manifest.
    """

    preset: str = ""
    dataset: str = ""
    data_dir: Path | None = None
    designs: tuple[str, ...] = ()
    budgets: tuple[int, ...] = ()
    protocol: str = ""
    controls: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    sets: tuple[str, ...] = ()
    out: Path | None = None
    jobs: int | None = 1
    executor: str = "local"
    ray_address: str = ""
    trial_cpus: int | None = None
    trial_gpus: float | None = None
    strategy: str = "single"
    fail_fast: bool = False
    retry_failed: bool = False
    fresh: bool = False
    weights: Path | None = None
    tensorboard: bool = False
    save_models: bool = False
    mlflow: str | None = None
    command: str = ""


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


def run(study: Study, options: Options, display: Any) -> Outcome:
    """Train what is not there yet and write the results folder.

    Args:
        study: a loaded study.
        options: see `Options`.
        display: shows progress: `start`, `progress`, `finish`, `note` (see `ablation.display`).

    Raises:
        UserError: bad options, data that cannot be read, a folder that another run holds, that cannot be
            written or that holds results of other settings.
    """
    from ablation import hardware, samples
    from ablation.data import choose, shape_and_classes
    from ablation.executors import DataRequest, Task, failed_record, read_data
    from ablation.network import resolve_precision
    from ablation.observers import Observing
    from ablation.origins import lineage, waves
    from ablation.train import Interrupted, problem_of
    from ablation.trial import Trial

    _check_options(options)
    hardware.use_one_thread()
    preset = options.preset or default_preset(study)
    dataset, why = choose(options.dataset or study.dataset, options.data_dir, may_download=preset == "full")
    shape, classes = shape_and_classes(dataset)
    step_plan = functools.partial(
        planned, preset=preset, dataset=dataset, sets=options.sets, shape=shape, classes=classes
    )
    designs = variants(study, options.designs, options.budgets, options.protocol)

    def settled(step: PlannedStep) -> PlannedStep:
        recipe = step.setting.recipe
        recipe = recipe.replace(precision=resolve_precision(recipe.precision))
        recipe = _with_weights(recipe, options.weights)
        return replace(step, setting=Setting(recipe, step.setting.sizes))

    def complete(study: Study, names: Sequence[str], controls: Sequence[str]) -> dict[Place, PlannedStep]:
        steps = [step for name in names for step in step_plan(study, design=name, controls=controls)]
        return {(step.design, step.step): settled(step) for step in steps}

    chosen = [
        step
        for design in designs
        for step in step_plan(study, design=design, controls=options.controls, steps=options.steps)
    ]
    if options.weights is not None and all(step.setting.recipe.backbone is None for step in chosen):
        raise UserError(f"--weights {options.weights.name}: no step of {study.study} has a backbone")
    steps = [settled(step) for step in chosen]
    seeds = options.seeds or tuple(range(seeds_of(study, preset, dataset)))
    display.note(f"{study.title or study.study}: {dataset} ({why}), preset {preset}, {len(seeds)} seed(s)")

    def request(setting: Setting, protocol: str) -> DataRequest:
        """A base that is judged on no test images keeps its validation images to itself in every protocol."""
        protocol = "honest" if setting.sizes.test == 0 else protocol
        return DataRequest(dataset, options.data_dir, protocol, setting.sizes)

    requests = [request(one, step.protocol) for step in steps for one in lineage(step.setting)]
    splits = {one: read_data(one) for one in dict.fromkeys(requests)}
    backend = _backend()
    batches = (
        min(one.recipe.batch_size, len(splits[request(one, step.protocol)].x_train))
        for step in steps
        for one in lineage(step.setting)
    )
    devices = _devices(options, batches)

    def trial(setting: Setting, protocol: str, seed: int) -> Trial:
        data = request(setting, protocol)
        return Trial(setting, seed, dataset, splits[data].sha256, data.protocol, backend, devices)

    trials = [(step, seed, trial(step.setting, step.protocol, seed)) for seed in seeds for step in steps]
    first = splits[request(steps[0].setting, steps[0].protocol)]
    everything = complete(study, designs, options.controls)

    def described(step: PlannedStep) -> dict[str, Any]:
        base = everything.get((step.design, step.base or ""))
        name = samples.picture_name(step.setting.recipe, base.setting.recipe if base else None, dataset)
        return _described(step, base, shape, classes) | {"samples": None if step.control else name}

    told = [described(step) for step in steps]
    folder = RunFolder(options.out or Path("results") / study.study / f"{dataset}-{preset}")
    with hold(folder.path), _deferred_interrupt(display) as stop, _tracked(study, options, folder) as track:
        if options.fresh:
            _discard(folder)
        folder.remove_unfinished()
        records = folder.read_trials()
        manifest: dict[str, Any] = {
            "study": study.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            | {"name": study.study, "title": study.title or study.study},
            "preset": preset,
            "protocol": study.protocol,
            "dataset": {
                "name": dataset,
                "note": why,
                "protocol": steps[0].protocol,
                "source": first.source,
                "sha256": first.sha256,
                "train": len(first.x_train),
                "val": len(first.x_val),
                "test": len(first.x_test),
                "classes": list(first.classes),
            },
            "versions": versions(),
            "backend": backend,
            "strategy": options.strategy,
            "devices": devices,
            "device": hardware.device_name(),
            "precision": steps[0].setting.recipe.precision,
            "git_commit": commit(),
            "command": options.command,
            "start": now(),
            "end": None,
        }
        own_rows = [_row(step, seed, one.config_hash) for step, seed, one in _by_design(trials)]
        old = folder.read_manifest() or {}
        for earlier, name, kinds in _run_before(study, old):
            with contextlib.suppress(UserError):  # the study no longer has it: `_joined` says so
                everything |= complete(earlier, [name], kinds)
        manifest = _joined(folder, old, manifest | {"steps": told}, own_rows, records, everything, described)
        rows = manifest["trials"]
        folder.write_manifest(manifest)
        for step, description in zip(steps, told, strict=True):
            file = folder.samples_file(description["samples"] or "")
            if description["samples"] and not file.exists():
                images = splits[request(step.setting, step.protocol)]
                try:
                    content = samples.picture(step.setting.recipe, problem_of(images), images)
                except Exception as error:  # whatever is wrong with the layers, the trial will tell
                    display.note(f"{step.title}: no sample images ({type(error).__name__}: {error})")
                    continue
                write_atomically(file, content)

        def left(status: str | None) -> bool:
            return status is None or (options.retry_failed and status != "done")

        lines = {
            one.config_hash: (step, [trial(each, step.protocol, seed) for each in lineage(step.setting)])
            for step, seed, one in trials
            if left(records.status(one.config_hash))
        }
        places = {one.config_hash: _place(step, seed) for step, seed, one in reversed(trials)}

        def observing(key: str) -> Observing:
            def below(name: str, wanted: bool) -> Path | None:
                return folder.path / name / places.get(key, f"first/{key}") if wanted else None

            return Observing(below("tensorboard", options.tensorboard), below("models", options.save_models))

        groups = [
            [
                Task(
                    one,
                    request(one.setting, one.protocol),
                    folder.checkpoint_file(key),
                    start or (options.weights if one.setting.recipe.backbone else None),
                    keep,
                    observing(key),
                )
                for key, (one, start, keep) in wave.items()
            ]
            for wave in waves((line for _, line in lines.values()), folder.weights_file)
        ]
        tasks = {task.trial.config_hash for group in groups for task in group}
        kept = len({one.config_hash for _, _, one in trials} - tasks)
        labels = {
            one.config_hash: (f"{step.title}: first training", one.seed)
            for step, line in lines.values()
            for one in line
        }
        labels |= {one.config_hash: (step.title, seed) for step, seed, one in reversed(trials)}
        display.start(len(tasks), kept)
        tables_due = time.monotonic() + TABLES_EVERY
        failed = False

        def finish(task: Task, record: dict[str, Any]) -> None:
            nonlocal tables_due, failed
            record = records.keep(record)
            failed |= record["status"] != "done"
            title, seed = labels[record["config_hash"]]
            track(title, task.trial, record)
            display.finish(title, seed, record)
            if (began := time.monotonic()) > tables_due:
                folder.write_tables(rows, records)
                ended = time.monotonic()
                tables_due = ended + max(TABLES_EVERY, (ended - began) / TABLES_SHARE)

        def watch(task: Task, progress: Any) -> None:
            display.progress(*labels[task.trial.config_hash], progress)

        jobs = options.jobs or (hardware.default_jobs() if options.strategy == "single" else 1)
        end = None
        try:
            for group in groups:
                ready = []
                for task in group:
                    if task.start is None or task.start.is_file():
                        ready.append(task)
                    else:
                        finish(task, failed_record(task.trial, NO_START))
                execute = _executor(options, min(jobs, len(ready)))
                execute(ready, watch, finish, lambda: stop() or (options.fail_fast and failed))
            end = now()
        except Interrupted:
            pass
        finally:
            display.end()
            folder.write_tables(rows, records)
            folder.write_manifest(manifest | {"end": end})
    bad = sum(records.status(row["config_hash"]) not in (None, "done") for row in own_rows)
    trained = sum(task in records for task in tasks)
    return Outcome(folder.path, trained, kept, bad, end is None and not (options.fail_fast and failed))


def default_preset(study: Study) -> str:
    """`full` with an accelerator, else `quick` where the study has it."""
    if "quick" not in study.presets:
        return "full"
    from ablation.hardware import accelerators

    return "full" if accelerators() else "quick"


def _check_options(options: Options) -> None:
    """Refuse options that do not go together.

    Raises:
        UserError: they do not.
    """
    alone = options.jobs in (None, 1) and options.executor == "local"
    if options.strategy != "single" and not alone:
        raise UserError(
            "--strategy data-parallel: a trial takes all devices; expected --jobs 1 and --executor local"
        )
    if options.executor == "ray" and options.jobs not in (None, 1):
        raise UserError("--jobs: Ray runs as many trials as the cluster has room for; expected none")
    ray_only = (options.ray_address, options.trial_cpus, options.trial_gpus)
    if options.executor != "ray" and ray_only != ("", None, None):
        raise UserError("--ray-address, --trial-cpus, --trial-gpus: expected --executor ray with them")


def _devices(options: Options, batch_sizes: Iterable[int]) -> int:
    """How many devices share a trial.

    Raises:
        UserError: they cannot.
    """
    if options.strategy == "single":
        return 1
    from ablation.engine.parallel import device_count

    return device_count(batch_sizes)


def _executor(options: Options, jobs: int) -> Callable[..., None]:
    """How to carry out some trials, `jobs` at a time where this machine does it."""
    if options.executor == "ray" and jobs:
        from ablation.executors import ray

        return functools.partial(
            ray.execute,
            address=options.ray_address,
            cpus=options.trial_cpus or 1,
            gpus=options.trial_gpus,
        )
    if jobs <= 1:
        from ablation.executors.local import execute

        return execute
    from ablation.executors import processes

    return functools.partial(processes.execute, jobs=jobs)


def _place(step: PlannedStep, seed: int) -> str:
    """A trial's folder below those of what is kept beside the tables."""
    return f"{step.design}/{step.step}/seed{seed}"


def _tracked(study: Study, options: Options, folder: RunFolder) -> contextlib.AbstractContextManager[Track]:
    if options.mlflow is None:
        return contextlib.nullcontext(lambda title, trial, record: None)
    uri = options.mlflow or (folder.path / "mlruns").resolve().as_uri()
    return tracked(uri, study.study, {"command": options.command})


def _with_weights(recipe: Recipe, file: Path | None) -> Recipe:
    """The recipe with its backbone's weights named by what is in the file.

    Raises:
        UserError: the file cannot be read, or the weights cannot be fetched.
    """
    backbone = recipe.backbone
    if backbone is None or backbone.weights == "none":
        return recipe
    if file is not None:
        return recipe.replace(backbone=backbone.replace(weights=f"sha256:{_digest(file)}"))
    if backbone.weights != "imagenet":
        raise UserError(f"network.backbone.weights: name the file of {backbone.weights} with --weights FILE")
    _fetched(backbone.name)
    return recipe


@functools.cache
def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise UserError(f"--weights {file}: cannot be read ({error.strerror})") from error


@functools.cache
def _fetched(name: str) -> None:
    from ablation.weights import fetch

    fetch(name)


def _by_design(planned: Sequence[tuple]) -> list[tuple]:
    """Rows in the order of the tables: design, position, seed."""
    designs = list(dict.fromkeys(step.design for step, _, _ in planned))
    return sorted(planned, key=lambda row: (designs.index(row[0].design), row[0].position, row[1]))


def _row(step: PlannedStep, seed: int, config_hash: str) -> dict[str, Any]:
    return {
        "design": step.design,
        "step": step.step,
        "position": step.position,
        "seed": seed,
        "config_hash": config_hash,
    }


def _described(
    step: PlannedStep, base: PlannedStep | None, shape: tuple[int, ...], classes: int
) -> dict[str, Any]:
    """A step as the manifest tells it.

    Raises:
        UserError: its network cannot be built on such images.
    """
    layers = nodes(step, shape, classes)
    changes = step.setting.recipe.changes_from(base.setting.recipe) if base else {}
    return {
        "design": step.design,
        "step": step.step,
        "position": step.position,
        "base": step.base,
        "title": step.title,
        "tricks": [
            {"name": name, "parameters": tricks.parameters(name) | given, "card": tricks.card(name)}
            for name, given in step.uses
        ],
        "changes": {field: [_text(old), _text(new)] for field, (old, new) in changes.items()},
        "lecture": step.lecture.model_dump(exclude_none=True),
        "protocol": step.protocol,
        "epochs": step.setting.recipe.epochs,
        "control": asdict(step.control) if step.control else None,
        "parameters": sum(layer.parameters for layer in layers),
        "flops_per_image": sum(layer.flops for layer in layers),
        **_settings(step),
    }


def _settings(step: PlannedStep) -> dict[str, Any]:
    return {
        "recipe": step.setting.recipe.model_dump(mode="json", exclude_defaults=True),
        "sizes": step.setting.sizes.model_dump(mode="json", exclude_defaults=True),
    }


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def _run_before(study: Study, old: Mapping[str, Any]) -> Iterator[tuple[Study, str, tuple[str, ...]]]:
    """The designs in a folder's manifest: the study with as many orders, the design's name, its kinds of controls."""
    with contextlib.suppress(AttributeError, KeyError, TypeError):  # damaged: `_joined` says so
        for name in dict.fromkeys(step["design"] for step in old.get("steps", [])):
            steps = [step for step in old["steps"] if step["design"] == name]
            kinds = {(step.get("control") or {}).get("kind") for step in steps}
            orders = [int(found[1]) for step in steps if (found := ORDER.match(step["step"]))]
            more = study.model_copy(update={"orders": max([study.orders, *orders])})
            yield more, name, tuple(kind for kind in CONTROLS if kind in kinds)


def _joined(
    folder: RunFolder,
    old: dict[str, Any],
    new: dict[str, Any],
    rows: list[dict[str, Any]],
    records: Mapping[str, Any],
    everything: Mapping[tuple[str, str], PlannedStep],
    described: Callable[[PlannedStep], dict[str, Any]],
) -> dict[str, Any]:
    """The manifest with the steps and trials that an earlier run of the same study left in the folder.

    Args:
        folder: the results folder.
        old: the manifest that lies there, or nothing.
        new: this run's manifest.
        rows: this run's trials.
        records: the kept trials.
        everything: all steps of the study as it is now, by design and name.
        described: a step as the manifest tells it.

    Raises:
        UserError: the earlier run's settings differ (the text names the keys), or its manifest is damaged.
    """
    try:
        differences = _differences(old, new, everything) if old else []
        earlier = [row for row in old.get("trials", []) if row["config_hash"] in records]
    except (AttributeError, KeyError, TypeError) as error:
        raise UserError(
            f"{folder.path}/manifest.json: damaged ({error!r}); discard it with --fresh"
        ) from error
    if differences:
        more = "; ..." if len(differences) > 3 else ""
        raise UserError(
            f"{folder.path}: holds results of other settings ({'; '.join(differences[:3])}{more}); "
            "choose another folder with --out, or discard them with --fresh"
        )
    positions = {key: step.position for key, step in everything.items()}
    mine = {(row["design"], row["step"], row["seed"]) for row in rows}
    theirs = [
        row | {"position": positions[row["design"], row["step"]]}
        for row in earlier
        if (row["design"], row["step"], row["seed"]) not in mine and (row["design"], row["step"]) in positions
    ]
    here = {(step["design"], step["step"]) for step in new["steps"]}
    others = dict.fromkeys((row["design"], row["step"]) for row in theirs)
    steps = new["steps"] + [described(everything[key]) for key in others if key not in here]
    designs = list(dict.fromkeys(step["design"] for step in steps))

    def order(item: Mapping[str, Any]) -> tuple[int, int, int]:
        return designs.index(item["design"]), item["position"], item.get("seed", 0)

    trials = sorted([*rows, *theirs], key=order)
    return new | {
        "designs": designs,
        "steps": sorted(steps, key=order),
        "trials": trials,
        "seeds": sorted({row["seed"] for row in trials}),
    }


def _differences(
    old: Mapping[str, Any], new: Mapping[str, Any], everything: Mapping[tuple[str, str], PlannedStep]
) -> list[str]:
    """Settings that decide results and are not the same: `epochs of noise: 20 there, 10 now`."""
    older = {"devices": 1, **old}
    found = [
        f"{key}: {older.get(key)} there, {new[key]} now"
        for key in ("preset", "protocol", "backend", "devices")
        if older.get(key) != new[key]
    ]
    for before in old["steps"]:
        step = everything.get((before["design"], before["step"]))
        if step is None:
            found.append(f"step {before['step']}: there, but not in the study now")
            continue
        for part, values in _settings(step).items():
            for key in sorted(values.keys() | before[part].keys()):
                there, now = (one.get(key, "default") for one in (before[part], values))
                if there != now:
                    found.append(f"{key} of {before['step']}: {there} there, {now} now")
    if not found and old["dataset"]["name"] != new["dataset"]["name"]:
        found.append(f"dataset: {old['dataset']['name']} there, {new['dataset']['name']} now")
    there, now = (
        [one["dataset"].get("protocol", one["protocol"])]
        + [one["dataset"][key] for key in ("train", "val", "test", "sha256")]
        for one in (old, new)
    )
    if not found and there[:-1] == now[:-1] and there != now:
        found.append("dataset: other images (sha256) now")
    return found


def _discard(folder: RunFolder) -> None:
    try:
        for pattern in ("manifest.json", "*.csv", "report.*"):
            for file in folder.path.glob(pattern):
                file.unlink()
        for name in ("trials", "checkpoints", "weights", "figures", "tensorboard", "models"):
            if (folder.path / name).exists():
                shutil.rmtree(folder.path / name)
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be removed ({error.strerror})") from error


@contextlib.contextmanager
def _deferred_interrupt(display: Any) -> Iterator[Callable[[], bool]]:
    """Ctrl-C (or a polite kill) asks to stop after the epoch; the second time it stops at once."""
    asked = False

    def handle(signum: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        display.note("stopping after this epoch (once more: stop now; nothing finished is lost either way)")

    signals = (signal.SIGINT, signal.SIGTERM)
    try:
        before = [signal.signal(one, handle) for one in signals]
    except ValueError:  # not the main thread: whoever runs us there handles signals
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        for one, handler in zip(signals, before, strict=True):
            signal.signal(one, handler)


def _backend() -> str:
    import keras

    return keras.config.backend()
