"""What a run is going to train: the steps of every design asked for, before a look at an image."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ablation.data import choose, name_of, shape_and_classes
from ablation.errors import UserError
from ablation.measures import check_classes, check_named
from ablation.runner.options import OptionError, Options
from ablation.study import controls
from ablation.study.planned import PlannedStep, Variant
from ablation.study.planning import only, plan, seeds_of
from ablation.study.schema import Study
from ablation.study.variants import variants
from ablation.wording import counted


@dataclass(frozen=True)
class RunPlan:
    """What was asked for.

    Attributes:
        study, options: what it was made from.
        preset: the one that runs.
        dataset: the one that is there, by the name that tables give it.
        address: of its images, as `ablation.data.load` takes it.
        why: that dataset was chosen.
        shape: (height, width, channels) of its images.
        classes: how many.
        seeds: of every step.
        designs: with budget and protocol.
        whole: all steps of these designs, controls included, whichever of them were asked for.
        steps: those that were; the controls of steps that are left out are left out.
    """

    study: Study
    options: Options
    preset: str
    dataset: str
    address: str
    why: str
    shape: tuple[int, ...]
    classes: int
    seeds: tuple[int, ...]
    designs: tuple[Variant, ...] = ()
    whole: tuple[PlannedStep, ...] = ()
    steps: tuple[PlannedStep, ...] = ()

    @property
    def title(self) -> str:
        """In one line, for the user."""
        name = self.study.title or self.study.study
        return (
            f"{name}: {self.dataset} ({self.why}), preset {self.preset}, {counted(len(self.seeds), 'seed')}"
        )

    @property
    def without(self) -> list[str]:
        """A sentence for each kind of control that was asked for and that no step has."""
        there = {step.control.kind for step in self.steps if step.control}
        repeated = [
            f"control {controls.AA}: no step has one; it repeats the first step of a design, which was not asked for,"
            " or begins many orders"
        ]
        return (repeated if controls.AA in self.options.controls and controls.AA not in there else []) + [
            f"control {kind}: no step has one; it stands against a step that changes its base's {size} by more than"
            f" {controls.NEAR:.0%} and can be matched"
            for kind, size in controls.SIZES.items()
            if kind in self.options.controls and kind not in there
        ]


def plan_run(study: Study, options: Options) -> RunPlan:
    """Lay out a run.

    Raises:
        UserError: an option that the study has no answer to, or no such dataset here.
    """
    study = _measured(study, options)
    preset = options.preset or default_preset(study)
    address, why = choose(options.dataset or study.dataset, options.data_dir, may_download=preset == "full")
    dataset = name_of(address)
    shape, classes = shape_and_classes(address, options.data_dir)
    designs = variants(study, options.designs, options.budgets, options.protocol)
    _check_epochs_said_once(designs, options)
    seeds = options.seeds or tuple(range(seeds_of(study, preset, dataset)))
    empty = RunPlan(study, options, preset, dataset, address, why, shape, classes, seeds)
    whole: list[PlannedStep] = []
    steps: list[PlannedStep] = []
    for design in designs:
        of_design = _steps(empty, study, design, options.controls)
        named = {step.step for step in only([step for step in of_design if not step.control], options.steps)}
        whole += of_design
        steps += [step for step in of_design if (step.base if step.control else step.step) in named]
    judged = whole[0].setting.sizes.class_count(classes)
    for one in study.reported:
        check_classes(one, judged)
    return replace(empty, designs=designs, whole=tuple(whole), steps=tuple(steps))


def _check_epochs_said_once(designs: Iterable[Variant], options: Options) -> None:
    """
    Raises:
        OptionError: `--set training.epochs` beside a budget, which is a number of epochs.
    """
    if any(design.epochs for design in designs) and any(
        assignment.partition("=")[0].strip() == "training.epochs" for assignment in options.sets
    ):
        raise OptionError("sets", "training.epochs: a budget gives the epochs here; leave one of the two out")


def _measured(study: Study, options: Options) -> Study:
    """The study with the measures that the options name.

    Raises:
        UserError: there is none of that name.
    """
    primary = options.primary_measure or study.primary_measure
    check_named(("--primary-measure", primary), *(("--measures", name) for name in options.measures))
    return study.replace(measures=options.measures or study.measures, primary_measure=primary)


def steps_of_earlier_runs(planned: RunPlan, told: Iterable[Mapping[str, Any]]) -> tuple[PlannedStep, ...]:
    """What earlier runs of the study in the same folder had beside this run's own steps: other designs, more orders,
    other controls.

    Args:
        planned: this run.
        told: the steps that the folder's manifest names.

    Returns:
        All steps of each such design that the study still has.
    """
    known = {step.place for step in planned.whole}
    by_design: dict[Variant, list[Mapping[str, Any]]] = {}
    for step in told:
        by_design.setdefault(Variant(**step["variant"]), []).append(step)
    found: list[PlannedStep] = []
    for design, steps in by_design.items():
        if design.design not in planned.study.designs or all(
            (step["design"], step["step"]) in known for step in steps
        ):
            continue
        with contextlib.suppress(UserError):  # the study no longer has it: `earlier.joined` says so
            orders = max([planned.study.orders, *(step["order"] or 1 for step in steps)])
            kinds = [step["control"]["kind"] for step in steps if step["control"]]
            found += _steps(planned, planned.study.model_copy(update={"orders": orders}), design, kinds)
    return tuple(found)


def default_preset(study: Study) -> str:
    """`full` with an accelerator, else `quick` where the study has it."""
    if "quick" not in study.presets:
        return "full"
    from ablation.hardware import accelerators

    return "full" if accelerators() else "quick"


def _steps(planned: RunPlan, study: Study, design: Variant, kinds: Iterable[str]) -> tuple[PlannedStep, ...]:
    steps = plan(
        study, preset=planned.preset, dataset=planned.dataset, design=design, sets=planned.options.sets
    )
    return controls.with_controls(steps, kinds, planned.shape, planned.classes)
