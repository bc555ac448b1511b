from ablation.study.design import design
from ablation.study.planned import LEFT_OUT, START, PlannedStep
from ablation.study.schema import Study
from ablation.study.setting import Setting


@design("All but one")
def leave_one_out(study: Study, start: Setting) -> list[PlannedStep]:
    """The full recipe, then the full recipe without each step's own change."""

    def without(left_out: int | None) -> Setting:
        setting = start
        for index, step in enumerate(study.ladder):
            if index != left_out:
                setting = setting.with_step(f"ladder.{index}.", step)
        return setting

    planned = [PlannedStep("full", "everything", None, without(None), START)]
    for index, step in enumerate(study.ladder[1:], start=1):
        planned.append(
            PlannedStep(
                f"without-{step.step}",
                f"without {step.shown}",
                "full",
                without(index),
                LEFT_OUT,
                change=step.step,
                uses=step.uses(),
            )
        )
    return planned
