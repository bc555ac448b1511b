"""A study file's content, validated."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from ablation import tricks
from ablation.errors import UserError, did_you_mean
from ablation.measures import ACCURACY, Measure, reported
from ablation.recipe import Frozen, Positive
from ablation.study.address import parse
from ablation.study.bounds import Name
from ablation.study.design import names as design_names
from ablation.study.published import PublishedAccuracy
from ablation.study.tuning import Tuning

PROTOCOLS = ("honest", "lecture")
Seeds = Annotated[int, Field(ge=1, le=10_000)]


class Preset(Frozen):
    """A size of the study: what it sets over the study's own settings, and over that for one dataset.

    Attributes:
        seeds: how many.
        network, training, data: fields set for every step, also over what a step sets outright.
        scale: factors on fields that the steps themselves differ in: `{network.widths: 0.25}`.
        tricks: parameters of the ladder's tricks at this size: `{dropout: {rate: 0.1}}`.
        datasets: the same for one dataset only.
    """

    seeds: Seeds | None = None
    network: dict[str, Any] = {}
    training: dict[str, Any] = {}
    data: dict[str, Any] = {}
    scale: dict[str, Positive] = {}
    tricks: dict[str, dict[str, Any]] = {}
    datasets: dict[str, "Preset"] = {}

    @field_validator("datasets")
    @classmethod
    def _one_level(cls, datasets: dict[str, "Preset"]) -> dict[str, "Preset"]:
        if twice := next((name for name, one in datasets.items() if one.datasets), None):
            raise ValueError(f"{twice}: expected no datasets within a dataset's own part")
        return datasets

    @model_validator(mode="after")
    def _set_or_scaled(self) -> Self:
        for key in self.scale:
            address = parse(key)
            if address and not address.trick and address.field in getattr(self, address.section):
                raise ValueError(
                    f"scale.{key}: the same part of the preset sets {key} outright; leave one out"
                )
        return self


class Step(Frozen):
    """One rung.

    Attributes:
        step: its name.
        title: what tables and plots call it; the name where empty.
        builds_on: the step it adds to (`from` in the file); the one above it where not given.
        needs: steps above without which it does nothing: the design `orders` puts it behind them.
        tricks: names, or one-key mappings of a name to its parameters.
        network, training, data: fields set outright, where no trick is the point.
        primary: whether its comparison with the step it builds on is one that the study asks about; else it is shown
            as exploratory, outside the family that is corrected for.
        lecture: what was published.
    """

    step: Name
    title: str = ""
    builds_on: Name | None = Field(None, alias="from")
    needs: tuple[Name, ...] = ()
    tricks: tuple[str | dict[str, dict[str, Any] | None], ...] = ()
    network: dict[str, Any] = {}
    training: dict[str, Any] = {}
    data: dict[str, Any] = {}
    primary: bool = True
    lecture: PublishedAccuracy = PublishedAccuracy()

    @property
    def shown(self) -> str:
        """What tables and plots call it."""
        return self.title or self.step.replace("_", " ")

    def uses(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """The tricks as (name, parameters)."""
        pairs = [({use: None} if isinstance(use, str) else use) for use in self.tricks]
        return tuple((name, dict(given or {})) for pair in pairs for name, given in pair.items())


class Study(Frozen):
    """A study file.

    Attributes:
        study: its name, as the file's.
        title, question, source: what tables and reports say it is.
        dataset: one of the known datasets, or `auto`.
        protocol: `honest` cuts validation from the training images; `lecture` trains on all of them and reads
            the validation curve off the test images, as the lectures do.
        design: how steps become trials, unless the command says otherwise.
        designs: those that make sense for this ladder; the command may name no other.
        orders: how many orders of the ladder the design `orders` draws.
        order_seed: from which it draws them.
        seeds: how many.
        measures: reported beside accuracy and the primary one, with the same statistics (`ablation list measures`).
        primary_measure: decides the verdicts.
        margin: a difference no larger than this is none, in the unit of the primary measure (0.01 of a fraction is a
            point); 0 leaves "no difference" out. Where not given, each measure has its own.
        network, training, data: the first step's settings over the recipe's defaults.
        ladder: the steps.
        presets: `full` is the study as it stands unless the file says otherwise.
        tune: what `ablation tune` searches.
    """

    study: Name
    title: str = ""
    question: str = ""
    source: str = ""
    dataset: str = "auto"
    protocol: Literal["honest", "lecture"] = "honest"
    design: str = "cumulative"
    designs: Annotated[tuple[str, ...], Field(min_length=1, default_factory=design_names)]
    orders: Annotated[int, Field(ge=1, le=1000)] = 4
    order_seed: int = 0
    seeds: Seeds = 3
    measures: tuple[str, ...] = ()
    primary_measure: str = ACCURACY.name
    margin: Annotated[float, Field(ge=0, lt=1)] | None = None
    network: dict[str, Any] = {}
    training: dict[str, Any] = {}
    data: dict[str, Any] = {}
    ladder: Annotated[tuple[Step, ...], Field(min_length=1)]
    presets: dict[Name, Preset] = {"full": Preset()}
    tune: Tuning = Tuning()

    @classmethod
    def load(cls, name_or_file: str | Path) -> "Study":
        """As `ablation.study.load`."""
        from ablation.study.loading import load

        return load(str(name_or_file))

    @field_validator("presets")
    @classmethod
    def _with_full(cls, presets: dict[str, Preset]) -> dict[str, Preset]:
        return presets if "full" in presets else {"full": Preset(), **presets}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        seen: list[str] = []
        for index, step in enumerate(self.ladder):
            if step.step in seen:
                raise ValueError(f"ladder.{index}.step: '{step.step}' is there twice")
            if step.builds_on is not None and step.builds_on not in seen:
                raise ValueError(
                    f"ladder.{index}.from: expected a step above '{step.step}', found '{step.builds_on}'"
                )
            if strange := next((name for name in step.needs if name not in seen), None):
                raise ValueError(
                    f"ladder.{index}.needs: expected steps above '{step.step}', found '{strange}'"
                )
            for use in step.tricks:
                if isinstance(use, dict) and len(use) != 1:
                    raise ValueError(
                        f"ladder.{index}.tricks: expected one trick a list item, found {len(use)}"
                    )
            used = [name for name, _ in step.uses()]
            if twice := next((name for name in used if used.count(name) > 1), None):
                raise ValueError(f"ladder.{index}.tricks: '{twice}' is there twice")
            try:
                tricks.check_together([name for name in used if name in tricks.names()])
            except UserError as error:
                raise ValueError(f"ladder.{index}.tricks: {error}") from error
            seen.append(step.step)
        for key, found, known in (
            *((f"designs.{index}", design, design_names()) for index, design in enumerate(self.designs)),
            ("design", self.design, self.designs),
        ):
            if found not in known:
                raise ValueError(f"{key}: unknown '{found}'{did_you_mean(found, known)}")
        try:
            reported(self.measures, self.primary_measure)
        except UserError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def reported(self) -> tuple[Measure, ...]:
        """The measures whose figures and verdicts are told, the one that decides first, accuracy always among them.

        Raises:
            UserError: there is none of a name.
        """
        return reported(self.measures, self.primary_measure)
