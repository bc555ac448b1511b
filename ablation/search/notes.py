"""`tune.json`: what was searched, as a schema with bounds."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from ablation.errors import UserError
from ablation.explain import explain
from ablation.results.json_file import read_json
from ablation.study.space import Choice, Dimension, Range
from ablation.study.tuning import SAMPLERS

NOTES = "tune.json"
TUNED = "tuned.yaml"
MOST = 1e100
MOST_TRIALS, MOST_STAGES, MOST_KEYS = 10_000, 10, 50

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
End = Annotated[float, Field(ge=-MOST, le=MOST)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="allow", allow_inf_nan=False)


class _Range(_Part):
    kind: Literal["uniform", "log", "int", "log-int"]
    low: End
    high: End

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high or (self.kind.startswith("log") and self.low <= 0):
            raise ValueError(
                f"expected ends in order, above 0 for logarithms, found {self.low:g} and {self.high:g}"
            )
        return self


class _Choice(_Part):
    values: Annotated[list[Any], Field(min_length=1, max_length=100)]


class _Stage(_Part):
    """One stage: its name is that of a folder beside `tune.json`."""

    name: Name
    sampler: Name
    trials: Annotated[int, Field(ge=1, le=MOST_TRIALS)]
    epochs: Annotated[int, Field(ge=1, le=1_000_000)]
    space: Annotated[dict[str, _Range | _Choice], Field(min_length=1, max_length=MOST_KEYS)]
    values: Annotated[list[dict[str, Any]], Field(max_length=MOST_TRIALS)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.sampler not in SAMPLERS:
            raise ValueError(f"sampler: expected one of {', '.join(SAMPLERS)}, found '{self.sampler}'")
        return self


class _Data(_Part):
    name: str
    sha256: str
    train: Count
    val: Count


class Notes(_Part):
    """A search: every point has a value for every key of `default`, of its stage's space."""

    contract: Literal[1]
    study: str
    title: str
    step: str
    preset: str
    dataset: _Data
    default: Annotated[dict[str, Any], Field(min_length=1, max_length=MOST_KEYS)]
    seed: int
    command: str | None = None
    stages: Annotated[list[_Stage], Field(max_length=MOST_STAGES)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [stage.name for stage in self.stages]
        if len({*names}) < len(names):
            raise ValueError(f"stages: expected different names, found {', '.join(names)}")
        for stage in self.stages:
            where = f"stages.{stage.name}"
            if stage.space.keys() != self.default.keys():
                raise ValueError(f"{where}.space: expected the keys of default")
            for number, point in enumerate(stage.values):
                if point.keys() != self.default.keys():
                    raise ValueError(f"{where}.values.{number}: expected the keys of default")
                for key, value in point.items():
                    if not _is_of(self.stages[0].space[key], value):
                        raise ValueError(f"{where}.values.{number}.{key}: expected a value of the space")
        return self


def _is_of(dimension: _Range | _Choice, value: Any) -> bool:
    if isinstance(dimension, _Choice):
        return value in dimension.values
    return type(value) in (int, float) and dimension.low <= value <= dimension.high


def read(folder: Path) -> dict[str, Any]:
    """`tune.json`, checked.

    Raises:
        UserError: it is damaged or of another contract.
    """
    file = folder / NOTES
    try:
        notes = read_json(file)
        Notes.model_validate(notes)
    except ValidationError as error:
        raise UserError(
            f"{file}: not a search's notes ({explain(error)}); `ablation tune` writes them anew"
        ) from error
    return notes


def dumped(notes: Mapping[str, Any]) -> str:
    """The text of `tune.json`."""
    return json.dumps(notes, indent=1, allow_nan=False) + "\n"


def space_of(stage: Mapping[str, Any]) -> dict[str, Dimension]:
    """A stage's space, read back."""
    return {
        key: Range(**given) if "kind" in given else Choice(tuple(given["values"]))
        for key, given in stage["space"].items()
    }


def described(space: Mapping[str, Dimension]) -> dict[str, dict[str, Any]]:
    """A space as `tune.json` holds it."""
    return {key: dataclasses.asdict(dimension) for key, dimension in space.items()}
