from ablation.study.design import design
from ablation.study.planned import PlannedStep, rung
from ablation.study.schema import Study
from ablation.study.setting import Setting


@design("Each step alone", matched=True)
def add_one(study: Study, start: Setting) -> list[PlannedStep]:
    """Each step adds to the first one, and to nothing else."""
    first, *others = study.ladder
    below = start.with_step("ladder.0.", first)
    return [
        rung(first, None, below),
        *(
            rung(step, first.step, below.with_step(f"ladder.{index}.", step))
            for index, step in enumerate(others, start=1)
        ),
    ]
