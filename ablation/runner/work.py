"""A plan on this machine: its images read, precision and weights settled, every trial known by its hash."""

import functools
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ablation import measures, observers, own_code
from ablation.data import Splits
from ablation.data.request import DataRequest, read_data, sha256_of
from ablation.errors import UserError
from ablation.networks.layout import blank_problem, layout
from ablation.recipe import Recipe
from ablation.runner.options import Options
from ablation.runner.origins import lineage
from ablation.runner.plan import RunPlan, steps_of_earlier_runs
from ablation.study.planned import PlannedStep
from ablation.study.planning import nodes
from ablation.study.setting import Setting
from ablation.study.trial import Trial

Place = tuple[str, str]


@dataclass(frozen=True)
class Work:
    """A plan on this machine, its data read.

    Attributes:
        plan: what was asked for.
        whole: all steps of the designs asked for, by (design, step); precision and weights settled, as in all of these.
        steps: those that were asked for.
        seeds: of each of these, in the order in which they are given; that of one step begins that of another.
        splits: the images, by request; of no seed.
        backend: of Keras.
        devices: how many share a trial.
        code: digest of the user's own code, or empty.
    """

    plan: RunPlan
    whole: Mapping[Place, PlannedStep]
    steps: tuple[PlannedStep, ...]
    seeds: Mapping[Place, tuple[int, ...]]
    splits: Mapping[DataRequest, Splits]
    backend: str
    devices: int
    code: str = ""

    def with_earlier_runs(self, told: Iterable[Mapping[str, Any]]) -> Mapping[Place, PlannedStep]:
        """`whole`, and the steps of designs that only earlier runs in the folder had.

        Args:
            told: the steps that the folder's manifest names.
        """
        earlier = settled(steps_of_earlier_runs(self.plan, told), self.plan.options.weights)
        return {**earlier, **self.whole}

    @functools.cached_property
    def trials(self) -> tuple[tuple[PlannedStep, int, Trial], ...]:
        """Every step under each of its seeds, in the order of training: all steps of a seed, then the next seed."""
        return tuple(
            (step, seed, self.trial(step.setting, step.protocol, seed))
            for seed in max(self.seeds.values(), key=len, default=())
            for step in self.steps
            if seed in self.seeds[step.place]
        )

    def trained_as(self, step: PlannedStep) -> str:
        """Equal for steps, asked for or not, that are the same training under the same seed."""
        data = self.request(step.setting, step.protocol)
        return self._trial(step.setting, 0, "", data.protocol).config_hash

    def request(self, setting: Setting, protocol: str) -> DataRequest:
        """How to get the images of a setting: the part that belongs to no seed."""
        return _request(self.plan, setting, protocol)

    def images(self, step: PlannedStep) -> Splits:
        """Of a step: the part that belongs to no seed, and the test images of all."""
        return self.splits[self.request(step.setting, step.protocol)]

    def trial(self, setting: Setting, protocol: str, seed: int) -> Trial:
        """A setting under a seed."""
        data = self.request(setting, protocol)
        sha256 = sha256_of(data.of_seed(seed)) if setting.sizes.draw == "seed" else self.splits[data].sha256
        return self._trial(setting, seed, sha256, data.protocol)

    def _trial(self, setting: Setting, seed: int, sha256: str, protocol: str) -> Trial:
        return Trial(
            setting,
            seed,
            self.plan.dataset,
            sha256,
            protocol,
            self.backend,
            devices=self.devices,
            threads=self.plan.options.threads,
            code=self.code,
        )

    def layers(self, trial: Trial) -> dict[str, int]:
        """How many numbers each layer of a trial's network holds, by its name."""
        splits = self.splits[self.request(trial.setting, trial.protocol)]
        blank = blank_problem(splits.x_train.shape[1:], len(splits.classes))
        return {node.name: node.parameters for node in layout(trial.setting.recipe, blank)}

    def line(self, step: PlannedStep, seed: int) -> list[Trial]:
        """A step's trial and, behind it, those that it starts from."""
        return [self.trial(setting, step.protocol, seed) for setting in lineage(step.setting)]


def prepared(plan: RunPlan) -> Work:
    """Settle what depends on this machine and read the data.

    Raises:
        UserError: data or weights that cannot be read, a batch that the devices cannot share.
    """
    import keras

    file = plan.options.weights
    if file is not None:
        _check_one_backbone(file, plan)
    whole = settled(plan.whole, file)
    steps = tuple(whole[step.place] for step in plan.steps)
    asked = [
        (one.recipe, _request(plan, one, step.protocol)) for step in steps for one in lineage(step.setting)
    ]
    _check_buildable(plan, steps)
    _check_own(plan.classes)
    splits = {request: read_data(request) for _, request in asked}
    batches = (min(recipe.batch_size, len(splits[request].x_train)) for recipe, request in asked)
    devices = _devices(plan.options, batches)
    seeds = {step.place: plan.seeds for step in steps}
    return Work(plan, whole, steps, seeds, splits, keras.config.backend(), devices, own_code.digest())


def _check_one_backbone(file: Path, plan: RunPlan) -> None:
    """A file of weights is of one network.

    Raises:
        UserError: no step has a backbone that takes it, or they have several.
    """
    backbones = [one for step in plan.steps if (one := step.setting.recipe.backbone) is not None]
    if not backbones:
        raise UserError(f"--weights {file.name}: no step of {plan.study.study} has a backbone")
    if len(names := sorted({one.name for one in backbones if one.weights != "none"})) > 1:
        raise UserError(
            f"--weights {file.name}: expected steps of one backbone, found {', '.join(names)}; train them one at a "
            "time with --steps, or have Keras fetch the weights"
        )


def remarks(work: Work) -> list[str]:
    """What of the steps' numbers cannot be meant, a sentence each."""
    said: dict[str, list[str]] = {}
    for step in work.steps:
        for one in _oddities(step.setting.recipe, len(work.images(step).x_train)):
            said.setdefault(one, []).append(step.step)
    return [
        f"step '{steps[0]}'{f' and {len(steps) - 1} more' if len(steps) > 1 else ''}: {one}"
        for one, steps in said.items()
    ]


def _oddities(recipe: Recipe, images: int) -> Iterable[str]:
    from ablation.networks.build import warmup_steps

    if recipe.batch_size > images:
        yield (
            f"training.batch_size is {recipe.batch_size:,}, the training images are {images:,}: all of them are "
            "one batch, so that an epoch is one step"
        )
    steps_per_epoch = max(1, images // recipe.batch_size)
    steps = recipe.total_steps(steps_per_epoch)
    if (rise := warmup_steps(recipe, steps_per_epoch)) >= steps:
        yield f"training.schedule rises for {rise:,} steps, the training has {steps:,}: the rate never falls"


def _check_buildable(plan: RunPlan, steps: Iterable[PlannedStep]) -> None:
    """Make what the steps name once, before anything is trained.

    Raises:
        UserError: something cannot be made; the step and the key are named.
    """
    from ablation.engine.buildable import check_buildable

    for step in {one.setting.recipe.model_dump_json(): one for one in steps}.values():
        where = f"step '{step.step}': "
        check_buildable(where, step.setting.recipe, nodes(step, plan.shape, plan.classes))


def _check_own(classes: int) -> None:
    """Try the user's own measures and look at their observers before anything is trained.

    Raises:
        UserError: a file holds none, or a measure gives no number.
    """
    for name in observers.own_names():
        observers.own_observer(name)
    if not own_code.paths("measures"):
        return
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(classes), 4 * classes)
    for name in sorted(set(measures.names()) - set(measures.ours())):
        measures.computed(name)(probabilities, np.arange(4 * classes) % classes)


def settled(steps: Iterable[PlannedStep], weights: Path | None) -> dict[Place, PlannedStep]:
    """Steps, by (design, step), with the precision that this machine takes and their backbones' weights named by
    content.

    Raises:
        UserError: the weights cannot be read, or not be fetched.
    """
    return {step.place: _settled(step, weights) for step in steps}


def _settled(step: PlannedStep, weights: Path | None) -> PlannedStep:
    from ablation.networks.build import resolve_precision

    recipe = step.setting.recipe
    recipe = _with_weights(recipe.replace(precision=resolve_precision(recipe.precision)), weights)
    return replace(step, setting=Setting(recipe, step.setting.sizes))


def _request(plan: RunPlan, setting: Setting, protocol: str) -> DataRequest:
    """A base that is judged on no test images keeps its validation images to itself in every protocol."""
    protocol = "honest" if setting.sizes.test == 0 else protocol
    return DataRequest(plan.address, plan.options.data_dir, protocol, setting.sizes)


def _devices(options: Options, batch_sizes: Iterable[int]) -> int:
    """How many devices share a trial.

    Raises:
        UserError: they cannot.
    """
    if options.strategy == "single":
        return 1
    from ablation.engine.parallel import device_count

    return device_count(batch_sizes)


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
    from ablation.train.weights import fetch

    fetch(name)
