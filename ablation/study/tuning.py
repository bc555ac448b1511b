"""The `tune` part of a study file: what `ablation tune` searches unless the command says otherwise."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, model_validator

from ablation.errors import UserError, did_you_mean
from ablation.recipe import Frozen
from ablation.study.bounds import Name
from ablation.study.space import parse

SAMPLERS = ("random", "grid", "tpe")


class Stage(Frozen):
    """One stage of a search, written `30x3`: thirty trials of three epochs."""

    trials: Annotated[int, Field(ge=1, le=10_000)]
    epochs: Annotated[int, Field(ge=1)]

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        if not (found := re.fullmatch(r"([0-9]{1,6})x([0-9]{1,6})", given)):
            raise ValueError(f"expected TRIALSxEPOCHS like 30x3, found '{given[:60]}'")
        return {"trials": int(found[1]), "epochs": int(found[2])}


class Tuning(Frozen):
    """What `ablation tune` searches unless the command says otherwise.

    Attributes:
        step: of the ladder; the first one where not given.
        space: `training.learning_rate: log 1e-6 1e-3`, see `ablation.study.space.parse`; the lecture's where empty.
        sampler: `random`, `grid` or `tpe`; of several the coarse stages are compared.
        coarse, fine: trials and epochs of the two stages.
    """

    step: Name | None = None
    space: dict[str, str | list[Any]] = {}
    sampler: str | Annotated[tuple[str, ...], Field(min_length=1)] = "random"
    coarse: Stage = Stage(trials=30, epochs=3)
    fine: Stage = Stage(trials=15, epochs=8)

    @property
    def samplers(self) -> tuple[str, ...]:
        return (self.sampler,) if isinstance(self.sampler, str) else self.sampler


def check_tuning(tuning: Tuning, steps: Sequence[str]) -> None:
    """Refuse a search that the study has no answer to.

    Args:
        tuning: of a study.
        steps: the names of its ladder.

    Raises:
        UserError: unknown step or sampler, or no such range.
    """
    named = (
        ("step", tuning.step or steps[0], steps),
        *(("sampler", one, SAMPLERS) for one in tuning.samplers),
    )
    for key, found, known in named:
        if found not in known:
            raise UserError(f"tune.{key}: unknown '{found}'{did_you_mean(found, known)}")
    for key, given in tuning.space.items():
        parse(key, given, "tune.space.")
