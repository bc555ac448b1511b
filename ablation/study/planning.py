"""The steps that a design makes of a study, at a preset and with what the command sets."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from ablation import tricks
from ablation.data import sources
from ablation.data.sizes import Sizes
from ablation.errors import UserError, did_you_mean
from ablation.networks.layout import Node, blank_problem, layout
from ablation.recipe import Recipe
from ablation.study.address import SECTIONS, Address, assignments, overrides, parse
from ablation.study.bounds import check_size
from ablation.study.design import get
from ablation.study.planned import PlannedStep, Variant
from ablation.study.schema import Preset, Step, Study
from ablation.study.setting import Setting
from ablation.study.variants import variant


def plan(
    study: Study,
    *,
    preset: str,
    dataset: str,
    design: str | Variant = "",
    sets: Sequence[str] = (),
    values: Mapping[Address, Any] | None = None,
    steps: Iterable[str] = (),
) -> tuple[PlannedStep, ...]:
    """The steps of a design, in order.

    Args:
        study: a loaded study.
        preset: one of its presets.
        dataset: the dataset that will be used, for the preset's settings of it.
        design: a variant, or its text; empty for the study's own.
        sets: `KEY=VALUE` as the command line has them, VALUE in YAML (`ablation.study.address`).
        values: set likewise, over them.
        steps: names to keep; empty for all.

    Raises:
        UserError: unknown preset, design, step or key, or a value out of range.
    """
    asked = design if isinstance(design, Variant) else variant(study, design or study.design)
    given = assignments(sets) | dict(values or {})
    if asked.epochs is not None:
        given[Address("training", "epochs")] = asked.epochs
    levels = (*_levels(study, preset, dataset), ("--set ", overrides(given)))
    start = Setting(Recipe(), Sizes(draw="seed")).with_fields("", study.network, study.training, study.data)
    resized = study
    for where, level in levels:
        start = start.with_fields(where, level.network, level.training, level.data)
        resized = _with_parameters(resized, f"{where}tricks.", level.tricks)
    pinned = {
        Address(section, field)
        for _, level in levels
        for section in SECTIONS
        for field in getattr(level, section)
    }
    factors = _factors(study, preset, dataset)
    found = get(asked.design).steps(_without(resized, pinned), start)
    planned = tuple(
        replace(
            step,
            variant=asked,
            position=position,
            protocol=asked.protocol or study.protocol,
            setting=_drawn(
                _counted(
                    _multiplied(
                        step.setting,
                        f"presets.{preset}.scale.",
                        {key: factor for key, factor in factors.items() if parse(key) not in pinned},
                    ),
                    dataset,
                )
            ),
        )
        for position, step in enumerate(found)
    )
    names = [step.step for step in planned]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UserError(f"design: '{asked.design}' plans the step '{twice}' twice")
    if len({step.setting.sizes.classes for step in planned}) > 1:
        raise UserError("data.classes: expected the same classes in every step")
    _check_pretrained_on_others(planned)
    return only(planned, steps)


def _check_pretrained_on_others(planned: Iterable[PlannedStep]) -> None:
    """
    Raises:
        UserError: a step starts from a network that has seen images of its own classes, validation images among them.
    """
    for step in planned:
        base, own = step.setting.recipe.pretrained, step.setting.sizes.classes
        if base is None:
            continue
        if own is None:
            raise UserError(
                f"step '{step.step}': pretrained: expected data.classes, none of them those of the first training"
            )
        if both := sorted({*base.classes} & {*own}):
            told = ", ".join(map(str, both))
            raise UserError(
                f"step '{step.step}': pretrained.classes: expected none of those in data.classes, found {told}"
            )


def only(planned: Sequence[PlannedStep], steps: Iterable[str]) -> tuple[PlannedStep, ...]:
    """The steps of a design that were asked for.

    Args:
        planned: all of them.
        steps: names; empty for all.

    Raises:
        UserError: there is none of that name.
    """
    wanted, known = tuple(steps), [step.step for step in planned]
    for name in wanted:
        if name not in known:
            raise UserError(f"--steps: unknown step '{name}'{did_you_mean(name, known)}")
    return tuple(step for step in planned if not wanted or step.step in wanted)


def seeds_of(study: Study, preset: str, dataset: str) -> int:
    """How many seeds a preset runs."""
    (_, chosen), (_, special) = _levels(study, preset, dataset)
    return special.seeds or chosen.seeds or study.seeds


def nodes(step: PlannedStep, image_shape: tuple[int, ...], classes: int) -> tuple[Node, ...]:
    """The layers of a step's network.

    Raises:
        UserError: the recipe does not fit such images; the text names the step.
    """
    kept = step.setting.sizes.classes or range(classes)
    if max(kept) >= classes:
        raise UserError(f"data.classes: expected labels 0-{classes - 1}, found {max(kept)}")
    image_shape = step.setting.sizes.image_shape(image_shape)
    try:
        found = layout(step.setting.recipe, blank_problem(image_shape, len(kept)))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise UserError(f"step '{step.step}': {error}") from error
    check_size(f"step '{step.step}': network", sum(node.parameters for node in found))
    return found


def _levels(study: Study, preset: str, dataset: str) -> tuple[tuple[str, Preset], tuple[str, Preset]]:
    """A preset and what it says for one dataset, each behind the place that an error names.

    Raises:
        UserError: unknown preset.
    """
    if preset not in study.presets:
        raise UserError(f"preset: unknown '{preset}'{did_you_mean(preset, study.presets)}")
    chosen, where = study.presets[preset], f"presets.{preset}."
    return (where, chosen), (f"{where}datasets.{dataset}.", chosen.datasets.get(dataset, Preset()))


def _factors(study: Study, preset: str, dataset: str) -> dict[str, float]:
    (_, chosen), (_, special) = _levels(study, preset, dataset)
    return chosen.scale | special.scale


def _without(study: Study, pinned: set[Address]) -> Study:
    """The study without what its steps set outright where the preset or the command has the last word."""

    def rest(step: Step, section: str) -> dict[str, Any]:
        return {
            key: value for key, value in getattr(step, section).items() if Address(section, key) not in pinned
        }

    ladder = (
        step.model_copy(update={section: rest(step, section) for section in SECTIONS})
        for step in study.ladder
    )
    return study.model_copy(update={"ladder": tuple(ladder)})


def _multiplied(setting: Setting, where: str, factors: Mapping[str, float]) -> Setting:
    """Whole numbers multiplied by their factors, 1 at least."""

    def scaled(number: int, factor: float) -> int:
        if not math.isfinite(number * factor):
            raise UserError(f"{where}{key}: {number} times {factor} is too large")
        return max(1, round(number * factor))

    for key, factor in factors.items():
        address = parse(key)
        holder = setting.sizes if address and address.section == "data" else setting.recipe
        value = getattr(holder, address.field, None) if address and not address.trick else None
        if address and type(value) is int:
            value = scaled(value, factor)
        elif address and isinstance(value, tuple) and all(type(number) is int for number in value):
            value = tuple(scaled(number, factor) for number in value)
        else:
            raise UserError(
                f"{where}{key}: expected a field of whole numbers, like network.widths, that every step sets"
            )
        scaled_one = overrides({address: value})
        setting = setting.with_fields(where, scaled_one.network, scaled_one.training, scaled_one.data)
    return setting


def _counted(setting: Setting, dataset: str) -> Setting:
    """Shares of the images as numbers; while the data set is still to be chosen they stand as they are.

    Raises:
        UserError: it is not known beforehand how many images the data set has.
    """
    sizes = setting.sizes
    if not sizes.shares or dataset == "auto":
        return setting
    if dataset not in sources.names():
        name, share = next(iter(sizes.shares.items()))
        raise UserError(f"data.{name}: expected a number of images of {dataset}, found {share:.6g} of them")
    found = sources.get(dataset)
    part = len(sizes.classes or found.classes) / len(found.classes)
    there = {"train": round(part * found.train), "test": round(part * found.test)}
    return Setting(setting.recipe, sizes.counted({**there, "val": there["train"]}))


def _drawn(setting: Setting) -> Setting:
    """Where all training images are taken, no seed has a part of its own."""
    sizes = setting.sizes
    return setting if sizes.train is not None else Setting(setting.recipe, sizes.replace(draw="shared"))


def _with_parameters(study: Study, where: str, parameters: Mapping[str, dict[str, Any]]) -> Study:
    """The study with some parameters of its tricks replaced wherever it uses them.

    Raises:
        UserError: a trick that the ladder does not use.
    """
    used = {name for step in study.ladder for name, _ in step.uses()}
    for name in parameters:
        if name not in used:
            raise UserError(f"{where}{name}: the ladder has no such trick{did_you_mean(name, used)}")
        _check_parameters(where, name, parameters[name])
    ladder = tuple(
        step.model_copy(
            update={"tricks": tuple({name: given | parameters.get(name, {})} for name, given in step.uses())}
        )
        for step in study.ladder
    )
    return study.model_copy(update={"ladder": ladder}) if parameters else study


def _check_parameters(where: str, trick: str, given: Mapping[str, Any]) -> None:
    """Refuse what the trick refuses of any recipe, where it was set and not where the ladder uses it.

    Raises:
        UserError: unknown parameter, or a value out of range.
    """
    for name in given:
        Address("tricks", name, trick).check(f"{where}{trick}.{name}")
    try:
        tricks.apply(trick, Recipe(), dict(given))
    except UserError as error:
        cause = error.__cause__
        if isinstance(cause, ValidationError) and cause.errors()[0]["loc"][:1][0] in given:
            raise UserError(f"{where}{error}") from error
