"""Controls: networks that differ from a step's base by chance alone, or by size without the step's trick."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ablation.errors import UserError, did_you_mean
from ablation.networks import families
from ablation.networks.layout import Problem, blank_problem, layout
from ablation.recipe import Recipe
from ablation.study import Control, PlannedStep, Published, Setting, Study, plan, variant

AA, PARAMETERS, COMPUTE = CONTROLS = ("aa", "parameters", "compute")
MATCHED_DESIGNS = ("cumulative", "add-one")
NEAR = 0.05
MOST_TIMES = 64.0


def planned(
    study: Study,
    *,
    design: str,
    shape: tuple[int, ...],
    classes: int,
    controls: Iterable[str] = (),
    steps: Iterable[str] = (),
    **settings: Any,
) -> tuple[PlannedStep, ...]:
    """The steps of a design as `study.plan` gives them, and behind them the controls asked for.

    Args:
        study, design, steps, settings: as `plan` takes them; the controls of steps that are left out are left out.
        shape: (height, width, channels) of the images.
        classes: how many.
        controls: of `CONTROLS`.

    Raises:
        UserError: as `plan`, or an unknown control.
    """
    wanted = set(controls)
    for name in wanted:
        if name not in CONTROLS:
            raise UserError(f"controls: unknown '{name}'{did_you_mean(name, CONTROLS)}")
    kept = plan(study, design=design, steps=steps, **settings)
    if not wanted:
        return kept
    names = {step.step for step in kept}
    everything = plan(study, design=design, **settings)
    added = controls_of(everything, variant(study, design).design, blank_problem(shape, classes))
    return kept + tuple(
        step for step in added if step.control and step.control.kind in wanted and step.base in names
    )


def controls_of(steps: Sequence[PlannedStep], design: str, problem: Problem) -> tuple[PlannedStep, ...]:
    """All controls of a design; their positions follow those of its steps.

    - `aa` repeats the first step under other random numbers: what it changes is chance.
    - `parameters` and `compute` stand against a step whose network is larger or smaller than its base's by more than
      5 %: the base, brought to the same size without the trick (`matched_parameters`, `matched_compute`).

    Args:
        steps: the complete design.
        design: one of `study.DESIGNS`.
        problem: shape of the images and number of classes.
    """
    if design == "orders":
        return ()
    found = [] if any(step.step == AA for step in steps) else [_repeated(steps[0])]
    by_name = {step.step: step for step in steps}
    if design in MATCHED_DESIGNS:
        for step in steps:
            if step.base is not None:
                found += _matched(step, by_name[step.base].setting.recipe, problem)
    return tuple(replace(step, position=len(steps) + index) for index, step in enumerate(found))


def matched_parameters(base: Recipe, trick: Recipe, problem: Problem) -> tuple[str, Recipe] | None:
    """The base with as many parameters as the trick's network.

    Every block gets more filters (or fewer) by one factor, as the family of networks scales them. A trick that is
    nothing but that is matched in the dense layers instead.

    Returns:
        What was done, in words, and the recipe; None where the two are as large within 5 %, or no factor comes nearer
        than the base itself.
    """
    field = "head" if _only_wider(base, trick) else "widths"
    return _scaled(base, field, _parameters(trick, problem), lambda one: _parameters(one, problem))


def matched_compute(base: Recipe, trick: Recipe, problem: Problem) -> tuple[str, Recipe] | None:
    """The base with as many FLOPs as the trick's network: an image, by its filters; or, for a trick that is nothing
    but filters, in the whole training, by its epochs.

    Returns:
        As `matched_parameters`.
    """
    wanted, had = _flops(trick, problem), _flops(base, problem)
    if not _only_wider(base, trick):
        return _scaled(base, "widths", wanted, lambda one: _flops(one, problem))
    epochs = max(1, round(base.epochs * wanted / had))
    if abs(wanted / had - 1) <= NEAR or epochs == base.epochs:
        return None
    return f"a {'longer' if epochs > base.epochs else 'shorter'} training", base.replace(epochs=epochs)


def _repeated(step: PlannedStep) -> PlannedStep:
    again = Setting(step.setting.recipe.replace(stream=1), step.setting.sizes)
    title = f"{step.title} again (A/A)"
    control = Control(AA, f"{step.title} under other random numbers")
    return replace(_bare(step, title, again), step=AA, control=control)


def _matched(step: PlannedStep, base: Recipe, problem: Problem) -> list[PlannedStep]:
    found = []
    try:
        pairs = (
            (PARAMETERS, "parameters", matched_parameters(base, step.setting.recipe, problem)),
            (COMPUTE, "FLOPs", matched_compute(base, step.setting.recipe, problem)),
        )
    except ValueError:  # the step cannot be built on such images: whoever trains or plans it is told
        return []
    for kind, unit, match in pairs:
        if match is not None:
            how, recipe = match
            setting = Setting(recipe, step.setting.sizes)
            control = Control(kind, f"{step.title} against {how}, same {unit}")
            added = _bare(step, f"{how.removeprefix('a ')}, {unit} of {step.title}", setting)
            found.append(replace(added, step=f"{step.step}:{kind}", control=control))
    return found


def _bare(step: PlannedStep, title: str, setting: Setting) -> PlannedStep:
    """A step without tricks or published figures, compared with `step`."""
    return replace(step, title=title, base=step.step, setting=setting, uses=(), lecture=Published())


def _only_wider(base: Recipe, trick: Recipe) -> bool:
    return set(trick.changes_from(base)) == {"widths"}


def _scaled(
    base: Recipe, field: str, wanted: int, size: Callable[[Recipe], int]
) -> tuple[str, Recipe] | None:
    """The base with the numbers of one field multiplied by the factor that brings its size nearest to `wanted`."""
    family = families.get(base.family)
    read = family.channels if field == "widths" else lambda one: one.head
    had, numbers = size(base), read(base)
    if not numbers or not had or abs(wanted / had - 1) <= NEAR:
        return None

    def times(factor: float) -> Recipe:
        scaled = tuple(max(1, round(number * factor)) for number in numbers)
        return family.with_channels(base, scaled) if field == "widths" else base.replace(head=scaled)

    low, high = 1 / MOST_TIMES, MOST_TIMES
    while high / low > 1 + 0.1 / max(numbers):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if size(times(middle)) <= wanted else (low, middle)
    nearest = min((times(low), times(high)), key=lambda one: abs(size(one) - wanted))
    if read(nearest) == numbers:
        return None
    how = "wider" if wanted > had else "narrower"
    return f"a {how} network" if field == "widths" else f"{how} dense layers", nearest


def _parameters(recipe: Recipe, problem: Problem) -> int:
    return sum(node.parameters for node in layout(recipe, problem))


def _flops(recipe: Recipe, problem: Problem) -> int:
    return sum(node.flops for node in layout(recipe, problem))
