from ablation.study.design import design
from ablation.study.planned import PlannedStep, rung
from ablation.study.schema import Study
from ablation.study.setting import Setting


@design("The ladder", matched=True)
def cumulative(study: Study, start: Setting) -> list[PlannedStep]:
    """Each step adds to the one above it, or to the one that it names with `from`."""
    settings: dict[str, Setting] = {}
    planned = []
    above: str | None = None
    for index, step in enumerate(study.ladder):
        base = step.builds_on or above
        settings[step.step] = (settings[base] if base else start).with_step(f"ladder.{index}.", step)
        planned.append(rung(step, base, settings[step.step]))
        above = step.step
    return planned
