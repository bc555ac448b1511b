"""Controls: networks that differ from a step's base by chance alone, or by size without the step's trick."""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace

from ablation.errors import UserError, did_you_mean
from ablation.networks import families
from ablation.networks.layout import Problem, blank_problem, layout
from ablation.recipe import Recipe
from ablation.study.design import get
from ablation.study.planned import CONTROL, Control, PlannedStep
from ablation.study.published import PublishedAccuracy
from ablation.study.setting import Setting

AA, PARAMETERS, COMPUTE = CONTROLS = ("aa", "parameters", "compute")
SIZES = {PARAMETERS: "parameters", COMPUTE: "computation"}
NEAR = 0.05
MOST_TIMES = 64.0


def with_controls(
    steps: Sequence[PlannedStep], kinds: Iterable[str], shape: tuple[int, ...], classes: int
) -> tuple[PlannedStep, ...]:
    """The steps of a design and behind them the controls asked for.

    Args:
        steps: all that the design plans.
        kinds: of `CONTROLS`.
        shape: (height, width, channels) of the images.
        classes: how many.

    Raises:
        UserError: unknown control.
    """
    wanted = set(kinds)
    for kind in wanted:
        if kind not in CONTROLS:
            raise UserError(f"controls: unknown '{kind}'{did_you_mean(kind, CONTROLS)}")
    if not wanted or not steps:
        return tuple(steps)
    sizes = steps[0].setting.sizes
    problem = blank_problem(sizes.image_shape(shape), sizes.class_count(classes))
    found = controls_of(steps, problem)
    return (*steps, *(step for step in found if step.control and step.control.kind in wanted))


def controls_of(steps: Sequence[PlannedStep], problem: Problem) -> tuple[PlannedStep, ...]:
    """All controls of a design; their positions follow those of its steps.

    - `aa` repeats the first step under other random numbers: what it changes is chance.
    - `parameters` and `compute` stand against a step whose network is larger or smaller than its base's by more than
      5 %: the base, brought to the same size without the trick (`matched_parameters`, `matched_compute`).

    Args:
        steps: all that the design plans.
        problem: shape of the images and number of classes.
    """
    design = get(steps[0].variant.design)
    if design.averaged:
        return ()
    by_name = {step.step: step for step in steps}
    found = [_repeated(steps[0], by_name)]
    if design.matched:
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
    return _resized(base, field, _parameters(trick, problem), lambda one: _parameters(one, problem))


def matched_compute(base: Recipe, trick: Recipe, problem: Problem) -> tuple[str, Recipe] | None:
    """The base with as many FLOPs as the trick's network: an image, by its filters; or, for a trick that is nothing
    but filters, in the whole training, by its epochs.

    Returns:
        As `matched_parameters`.
    """
    wanted, had = _flops(trick, problem), _flops(base, problem)
    if not _only_wider(base, trick):
        return _resized(base, "widths", wanted, lambda one: _flops(one, problem))
    epochs = max(1, round(base.epochs * wanted / had))
    if abs(wanted / had - 1) <= NEAR or epochs == base.epochs:
        return None
    return f"a {'longer' if epochs > base.epochs else 'shorter'} training", base.replace(epochs=epochs)


def _repeated(step: PlannedStep, taken: Container[str]) -> PlannedStep:
    """The step again; where the ladder has a step `aa` of its own, under a name that no ladder can have."""
    again = Setting(step.setting.recipe.replace(stream=1), step.setting.sizes)
    name = AA if AA not in taken else f"{step.step}:{AA}"
    control = Control(AA, f"{step.title} under other random numbers")
    return _against(step, name, f"{step.title} again (A/A)", again, control)


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
            title = f"{how.removeprefix('a ')}, {unit} of {step.title}"
            control = Control(kind, f"{step.title} against {how}, same {unit}")
            setting = Setting(recipe, step.setting.sizes)
            found.append(_against(step, f"{step.step}:{kind}", title, setting, control))
    return found


def _against(step: PlannedStep, name: str, title: str, setting: Setting, control: Control) -> PlannedStep:
    """A control of `step`: it has no tricks and no published figures."""
    return replace(
        step,
        step=name,
        title=title,
        base=step.step,
        setting=setting,
        role=CONTROL,
        uses=(),
        lecture=PublishedAccuracy(),
        control=control,
    )


def _only_wider(base: Recipe, trick: Recipe) -> bool:
    return set(trick.changes_from(base)) == {"widths"}


def _resized(
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
