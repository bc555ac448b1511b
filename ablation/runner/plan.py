"""What a run is going to train: the steps of every design asked for, before a look at an image."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ablation.data import choose, shape_and_classes
from ablation.runner.options import Options
from ablation.study import PlannedStep, Study, controls, seeds_of, variants
from ablation.wording import counted


@dataclass(frozen=True)
class Plan:
    """What was asked for.

    Attributes:
        study, options: what it was made from.
        preset: the one that runs.
        dataset: the one that is there.
        why: that dataset was chosen.
        shape: (height, width, channels) of its images.
        classes: how many.
        designs: names, with budget and protocol.
        steps: of all designs, controls included.
        seeds: of every step.
    """

    study: Study
    options: Options
    preset: str
    dataset: str
    why: str
    shape: tuple[int, ...]
    classes: int
    designs: tuple[str, ...]
    steps: tuple[PlannedStep, ...]
    seeds: tuple[int, ...]

    @property
    def title(self) -> str:
        """In one line, for the user."""
        name = self.study.title or self.study.study
        return (
            f"{name}: {self.dataset} ({self.why}), preset {self.preset}, {counted(len(self.seeds), 'seed')}"
        )


def plan(study: Study, options: Options) -> Plan:
    """Lay out a run.

    Raises:
        UserError: an option that the study has no answer to, or no such dataset here.
    """
    preset = options.preset or default_preset(study)
    dataset, why = choose(options.dataset or study.dataset, options.data_dir, may_download=preset == "full")
    shape, classes = shape_and_classes(dataset)
    designs = tuple(variants(study, options.designs, options.budgets, options.protocol))
    empty = Plan(study, options, preset, dataset, why, shape, classes, designs, (), options.seeds)
    steps = steps_of(empty, study, designs, options.controls, options.steps)
    return replace(empty, steps=steps, seeds=options.seeds or tuple(range(seeds_of(study, preset, dataset))))


def steps_of(
    plan: Plan, study: Study, designs: Iterable[str], kinds: Sequence[str], names: Sequence[str] = ()
) -> tuple[PlannedStep, ...]:
    """The steps of some designs under a plan's preset and dataset.

    Args:
        plan: as far as it goes.
        study: the plan's, or one with more orders.
        designs: names.
        kinds: of `controls.CONTROLS`.
        names: of the steps to keep; empty for all.
    """
    return tuple(
        step
        for design in designs
        for step in controls.planned(
            study,
            design=design,
            preset=plan.preset,
            dataset=plan.dataset,
            sets=plan.options.sets,
            steps=names,
            controls=kinds,
            shape=plan.shape,
            classes=plan.classes,
        )
    )


def default_preset(study: Study) -> str:
    """`full` with an accelerator, else `quick` where the study has it."""
    if "quick" not in study.presets:
        return "full"
    from ablation.hardware import accelerators

    return "full" if accelerators() else "quick"
