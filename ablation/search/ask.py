"""What a search is asked to do: by the command, by the study, and last by the lecture."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from ablation.errors import UserError, did_you_mean
from ablation.explain import explain
from ablation.study.schema import Study
from ablation.study.space import LECTURE, Space, parse
from ablation.study.tuning import SAMPLERS, Stage
from ablation.study.yaml_file import parse_yaml


@dataclass(frozen=True)
class Search:
    """What is searched, and how long.

    Attributes:
        step: of the study's ladder: the recipe that is varied.
        space: what is varied.
        samplers: one of `SAMPLERS`; or several, whose coarse stages are then compared.
        coarse, fine: trials and epochs.
        seed: of the points and of every training.
    """

    step: str
    space: Space
    samplers: tuple[str, ...]
    coarse: Stage
    fine: Stage
    seed: int


def search_of(
    study: Study,
    *,
    step: str = "",
    space: Sequence[str] = (),
    samplers: Sequence[str] = (),
    coarse: str = "",
    fine: str = "",
    seed: int = 0,
) -> Search:
    """What the command asks for; what it leaves open, the study says under `tune`, and last the lecture.

    Args:
        space: `KEY=RANGE`, see `ablation.study.space.parse`.
        coarse, fine: `30x3` for 30 trials of 3 epochs.

    Raises:
        UserError: unknown step, sampler or key, or no such range or stage.
    """
    given = {}
    for assignment in space:
        key, equals, text = assignment.partition("=")
        if not equals:
            raise UserError(f"--space {assignment}: expected KEY=RANGE like 'network.l2=log 1e-5 1e5'")
        if key in given:
            raise UserError(f"--space {key}: is there twice")
        given[key] = parse(key, parse_yaml(text, f"--space {key}"), "--space ")
    written = study.tune.space or LECTURE
    chosen = tuple(samplers) or study.tune.samplers
    for sampler in chosen:
        if sampler not in SAMPLERS:
            raise UserError(f"--sampler: unknown '{sampler}'{did_you_mean(sampler, SAMPLERS)}")
    steps = [one.step for one in study.ladder]
    step = step or study.tune.step or steps[0]
    if step not in steps:
        raise UserError(f"--step: unknown step '{step}'{did_you_mean(step, steps)}")
    return Search(
        step,
        given or {key: parse(key, value, "tune.space.") for key, value in written.items()},
        chosen,
        _size(coarse, "--coarse") if coarse else study.tune.coarse,
        _size(fine, "--fine") if fine else study.tune.fine,
        seed,
    )


def _size(text: str, where: str) -> Stage:
    try:
        return Stage.model_validate(text)
    except ValidationError as error:
        told = explain(error, where)
        raise UserError(told if told.startswith(where) else f"{where}: {told}") from error
