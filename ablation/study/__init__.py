"""A study: one YAML file, validated, and the trials that a design makes of it."""

import functools
import math
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from ablation import tricks
from ablation.data.sizes import Sizes
from ablation.errors import UserError, did_you_mean
from ablation.explain import explain
from ablation.networks import families
from ablation.networks.layout import Node, blank_problem, layout
from ablation.places import STUDIES
from ablation.recipe import Frozen, Layer, Network, Positive, Recipe, Training
from ablation.study.yaml_file import parse_yaml, read_yaml

DESIGNS = ("cumulative", "leave-one-out", "add-one", "orders")
PROTOCOLS = ("honest", "lecture")
MOST_EPOCHS = 1_000_000
TRIES = 20
SECTIONS = ("network", "training", "data")

MOST_CONVS = 1000
ACTIVATIONS = (
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish",
    "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
    "soft_shrink", "softplus", "softsign", "squareplus", "swish", "tanh", "tanh_shrink",
)  # fmt: skip
LAYER_PATH = re.compile(
    r"(keras\.(layers|initializers|optimizers|optimizers\.schedules)|ablation\.(initializers|schedules|layers\.[a-z0-9_]+))"
    r"\.(?!Lambda|TFSM)[A-Z]\w*"
)

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+.-]{0,63}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Seeds = Annotated[int, Field(ge=1, le=10_000)]
Use = tuple[str, tuple[tuple[str, Any], ...]]


class Published(Frozen):
    """Accuracies that a lecture prints for a step, as fractions."""

    val: Share | None = None
    train: Share | None = None


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


class Step(Frozen):
    """One rung.

    Attributes:
        step: its name.
        title: what tables and plots call it; the name where empty.
        builds_on: the step it adds to (`from` in the file); the one above it where not given.
        needs: steps above without which it does nothing: the design `orders` puts it behind them.
        tricks: names, or one-key mappings of a name to its parameters.
        network, training, data: fields set outright, where no trick is the point.
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
    lecture: Published = Published()

    def uses(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """The tricks as (name, parameters)."""
        pairs = [({use: None} if isinstance(use, str) else use) for use in self.tricks]
        return tuple((name, dict(given or {})) for pair in pairs for name, given in pair.items())


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
    designs: Annotated[tuple[str, ...], Field(min_length=1)] = DESIGNS
    orders: Annotated[int, Field(ge=1, le=1000)] = 4
    order_seed: int = 0
    seeds: Seeds = 3
    network: dict[str, Any] = {}
    training: dict[str, Any] = {}
    data: dict[str, Any] = {}
    ladder: Annotated[tuple[Step, ...], Field(min_length=1)]
    presets: dict[Name, Preset] = {"full": Preset()}
    tune: Tuning = Tuning()

    @classmethod
    def load(cls, name_or_file: "str | Path") -> "Study":
        """As `ablation.study.load`."""
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
            *((f"designs.{index}", design, DESIGNS) for index, design in enumerate(self.designs)),
            ("design", self.design, self.designs),
        ):
            if found not in known:
                raise ValueError(f"{key}: unknown '{found}'{did_you_mean(found, known)}")
        return self


@dataclass(frozen=True)
class Setting:
    """A recipe and the numbers of images it is trained and judged on: a result, but for the seed."""

    recipe: Recipe
    sizes: Sizes

    def with_fields(self, where: str, network: Mapping, training: Mapping, data: Mapping) -> "Setting":
        """Fields set outright; a family of networks brings its own defaults of those that are not.

        Raises:
            UserError: unknown key, value out of range, or a field that the family does not read; the text begins with
                `where`.
        """
        given: tuple[tuple[str, Mapping, type[Frozen]], ...] = (
            ("network", network, Network),
            ("training", training, Training),
            ("data", data, Sizes),
        )
        for section, values, model in given:
            for key in values:
                if key not in model.model_fields:
                    raise UserError(
                        f"{where}{section}.{key}: unknown key{did_you_mean(key, model.model_fields)}"
                    )
        try:
            recipe = families.settled(self.recipe.replace(**families.chosen(network), **training))
            families.check_fields(recipe, network)
            _check_convs(recipe)
        except ValidationError as error:
            section = "network" if error.errors()[0]["loc"][0] in Network.model_fields else "training"
            raise UserError(f"{where}{explain(error, section, Recipe)}") from error
        except UserError as error:
            raise UserError(f"{where}{error}") from error
        except ValueError as error:
            raise UserError(f"{where}network.{error}") from error
        for section, values, _ in given[:2]:
            for key in values:
                _check_layers(f"{where}{section}.{key}", getattr(recipe, key))
        if recipe.activation not in ACTIVATIONS:
            hint = did_you_mean(recipe.activation, ACTIVATIONS)
            raise UserError(f"{where}network.activation: unknown '{recipe.activation}'{hint}")
        try:
            return Setting(recipe, self.sizes.replace(**data))
        except ValidationError as error:
            raise UserError(f"{where}{explain(error, 'data', Sizes)}") from error

    def with_trick(self, where: str, name: str, given: dict[str, Any]) -> "Setting":
        """A trick added.

        Raises:
            UserError: unknown trick or parameter, a value out of range, or a trick that does nothing in the recipe's
                family; the text begins with `where`.
        """
        try:
            recipe = tricks.apply(name, self.recipe, given)
            families.check_trick(name, self.recipe, recipe, tricks.get(name).changes)  # type: ignore[attr-defined]
            _check_convs(recipe)
        except (UserError, ValueError, OverflowError) as error:
            raise UserError(f"{where}{error}") from error
        return Setting(recipe, self.sizes)


@dataclass(frozen=True)
class Control:
    """What a step that is no trick is there for.

    Attributes:
        kind: one of `ablation.study.controls.CONTROLS`.
        label: what it compares, for people: "residual against a wider network, same FLOPs".
    """

    kind: str
    label: str


@dataclass(frozen=True)
class PlannedStep:
    """One step of one design.

    Attributes:
        design, step, position, title: its place; positions count from 0 in each design.
        base: the step of the same design it is compared with, or none.
        setting: what is trained.
        uses: the tricks it adds (or, leaving one out, takes away), with their parameters.
        lecture: published figures.
        protocol: `honest` or `lecture`.
        control: what it stands against, or none for a step of the ladder.
    """

    design: str
    step: str
    position: int
    title: str
    base: str | None
    setting: Setting
    uses: tuple[tuple[str, dict[str, Any]], ...]
    lecture: Published
    protocol: str = "honest"
    control: Control | None = None


@dataclass(frozen=True)
class Variant:
    """A design with what it does otherwise than the study says: `cumulative@20@lecture`.

    Attributes:
        design: one of `DESIGNS`.
        epochs: of every step, or none for what the study says.
        protocol: one of `PROTOCOLS`, or none for the study's.
    """

    design: str
    epochs: int | None = None
    protocol: str | None = None

    def __str__(self) -> str:
        parts = (self.design, self.epochs, self.protocol)
        return "@".join(str(part) for part in parts if part is not None)


def variant(study: Study, text: str) -> Variant:
    """A design as the command names it, the study's own protocol left out.

    Raises:
        UserError: no design of the study, or anything but epochs and a protocol behind it.
    """
    design, *parts = text.split("@")
    if design not in DESIGNS:
        raise UserError(f"design: unknown '{design}'{did_you_mean(design, DESIGNS)}")
    if design not in study.designs:
        raise UserError(
            f"design: '{design}' makes no sense for {study.study}; expected {', '.join(study.designs)}"
        )
    found = Variant(design)
    for part in parts:
        if part in PROTOCOLS:
            found = replace(found, protocol=None if part == study.protocol else part)
        elif part.isascii() and part.isdigit() and 1 <= int(part[:9]) <= MOST_EPOCHS and len(part) < 9:
            found = replace(found, epochs=int(part))
        else:
            raise UserError(f"design: expected epochs or a protocol after '{design}@', found '{part}'")
    return found


def variants(
    study: Study, designs: Sequence[str], budgets: Sequence[int] = (), protocol: str = ""
) -> tuple[str, ...]:
    """The names of the designs of a run, one for each number of epochs and each protocol.

    Args:
        study: a loaded study.
        designs: empty for the study's own.
        budgets: epochs; empty for what the study says.
        protocol: `honest`, `lecture`, `both`, or empty for the study's own.

    Raises:
        UserError: unknown design or protocol, or a number of epochs out of range.
    """
    if protocol not in ("", "both", *PROTOCOLS):
        raise UserError(f"protocol: unknown '{protocol}'{did_you_mean(protocol, (*PROTOCOLS, 'both'))}")
    protocols = PROTOCOLS if protocol == "both" else (protocol or study.protocol,)
    ends = [f"@{epochs}" for epochs in budgets] or [""]
    return tuple(
        dict.fromkeys(
            str(variant(study, f"{design}{end}@{one}"))
            for one in protocols
            for design in designs or (study.design,)
            for end in ends
        )
    )


def names() -> tuple[str, ...]:
    """The studies that come with the project."""
    return tuple(sorted(file.stem for file in STUDIES.glob("*.yaml")))


def title(name: str) -> str:
    """The title of a study of the project, read off its line alone: a list of studies need not plan them."""
    lines = (STUDIES / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    return next((parse_yaml(line, name)["title"] for line in lines if line.startswith("title:")), "")


def load(name_or_file: str) -> Study:
    """A study by its name in `experiments/`, or a file of the user's own.

    Raises:
        UserError: no such study, or a mistake in the file; the text names file and key.
    """
    file = Path(name_or_file)
    if file.suffix not in (".yaml", ".yml"):
        if name_or_file not in names():
            raise UserError(
                f"unknown study '{name_or_file}'{did_you_mean(name_or_file, names())}, or a .yaml file"
            )
        file = STUDIES / f"{name_or_file}.yaml"
    written = read_yaml(file)
    try:
        study = Study.model_validate(written)
        _check_datasets(study)
        _check_tuning(study)
        for preset, content in study.presets.items():
            for dataset in (study.dataset, *content.datasets):
                for design in study.designs:
                    plan(study, preset=preset, dataset=dataset, design=design)
    except ValidationError as error:
        raise UserError(f"{file.name}: {explain(error, model=Study)}") from error
    except UserError as error:
        raise UserError(f"{file.name}: {error}") from error
    return study


def _check_tuning(study: Study) -> None:
    if study.tune == Tuning():
        return
    from ablation.search.samplers import SAMPLERS
    from ablation.study.space import parse

    steps = [step.step for step in study.ladder]
    named = (
        ("step", study.tune.step or steps[0], steps),
        *(("sampler", one, SAMPLERS) for one in study.tune.samplers),
    )
    for key, found, known in named:
        if found not in known:
            raise UserError(f"tune.{key}: unknown '{found}'{did_you_mean(found, known)}")
    for key, given in study.tune.space.items():
        parse(key, given, "tune.space.")


def _check_datasets(study: Study) -> None:
    named = {"dataset": study.dataset} if study.dataset != "auto" else {}
    for preset, content in study.presets.items():
        named |= {f"presets.{preset}.datasets.{dataset}": dataset for dataset in content.datasets}
    if named:
        from ablation import data

        for where, dataset in named.items():
            if dataset not in data.names():
                raise UserError(f"{where}: unknown dataset '{dataset}'{did_you_mean(dataset, data.names())}")


def plan(
    study: Study,
    *,
    preset: str,
    dataset: str,
    design: str = "",
    sets: Sequence[str] = (),
    steps: Iterable[str] = (),
) -> tuple[PlannedStep, ...]:
    """The steps of a design, in order.

    Args:
        study: a loaded study.
        preset: one of its presets.
        dataset: the dataset that will be used, for the preset's settings of it.
        design: one of `DESIGNS`, or a `Variant` of one as text; empty for the study's own.
        sets: `KEY=VALUE` with KEY `training.epochs`, `network.widths`, `data.train`; VALUE in YAML.
        steps: names to keep; empty for all.

    Raises:
        UserError: unknown preset, design, step or key, or a value out of range.
    """
    asked = variant(study, design or study.design)
    if asked.epochs is not None:
        sets = (*sets, f"training.epochs={asked.epochs}")
    if preset not in study.presets:
        raise UserError(f"preset: unknown '{preset}'{did_you_mean(preset, study.presets)}")
    chosen, given = study.presets[preset], _assignments(sets)
    special = chosen.datasets.get(dataset, Preset())
    start = _start(study)
    for where, part in ((preset, chosen), (f"{preset}.datasets.{dataset}", special)):
        start = start.with_fields(f"presets.{where}.", part.network, part.training, part.data)
    start = start.with_fields("--set ", **given)
    pinned = {
        f"{section}.{key}"
        for section in SECTIONS
        for key in (*getattr(chosen, section), *getattr(special, section), *given[section])
    }
    resized = study
    for where, part in ((preset, chosen), (f"{preset}.datasets.{dataset}", special)):
        resized = _with_parameters(resized, f"presets.{where}.tricks.", part.tricks)
    factors = {key: factor for key, factor in (chosen.scale | special.scale).items() if key not in pinned}
    planned = [
        replace(
            step,
            design=str(asked),
            protocol=asked.protocol or study.protocol,
            setting=_scaled(step.setting, f"presets.{preset}.scale.", factors),
        )
        for step in _DESIGN_FUNCTIONS[asked.design](_without(resized, pinned), start)
    ]
    if len({step.setting.sizes.classes for step in planned}) > 1:
        raise UserError("data.classes: expected the same classes in every step")
    wanted = tuple(steps)
    known = [step.step for step in planned]
    for name in wanted:
        if name not in known:
            raise UserError(f"--steps: unknown step '{name}'{did_you_mean(name, known)}")
    return tuple(step for step in planned if not wanted or step.step in wanted)


def seeds_of(study: Study, preset: str, dataset: str) -> int:
    """How many seeds a preset runs."""
    chosen = study.presets[preset]
    special = chosen.datasets.get(dataset, Preset())
    return special.seeds or chosen.seeds or study.seeds


def nodes(step: PlannedStep, image_shape: tuple[int, ...], classes: int) -> tuple[Node, ...]:
    """The layers of a step's network.

    Raises:
        UserError: the recipe does not fit such images; the text names the step.
    """
    kept = step.setting.sizes.classes or range(classes)
    if max(kept) >= classes:
        raise UserError(f"data.classes: expected labels 0-{classes - 1}, found {max(kept)}")
    try:
        return layout(step.setting.recipe, blank_problem(image_shape, len(kept)))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise UserError(f"step '{step.step}': {error}") from error


def _start(study: Study) -> Setting:
    blank = Setting(Recipe(), Sizes())
    return blank.with_fields("", study.network, study.training, study.data)


def _without(study: Study, pinned: set[str]) -> Study:
    """The study without what its steps set outright where the preset or the command has the last word."""

    def rest(step: Step, section: str) -> dict[str, Any]:
        return {
            key: value for key, value in getattr(step, section).items() if f"{section}.{key}" not in pinned
        }

    ladder = (
        step.model_copy(update={section: rest(step, section) for section in SECTIONS})
        for step in study.ladder
    )
    return study.model_copy(update={"ladder": tuple(ladder)})


def _scaled(setting: Setting, where: str, factors: Mapping[str, float]) -> Setting:
    """Whole numbers multiplied by their factors, 1 at least."""

    def scaled(number: int, factor: float) -> int:
        if not math.isfinite(number * factor):
            raise UserError(f"{where}{key}: {number} times {factor} is too large")
        return max(1, round(number * factor))

    for key, factor in factors.items():
        section, _, field = key.partition(".")
        holder = {"network": setting.recipe, "training": setting.recipe, "data": setting.sizes}.get(section)
        value = getattr(holder, field, None)
        if type(value) is int:
            value = scaled(value, factor)
        elif isinstance(value, tuple) and all(type(number) is int for number in value):
            value = tuple(scaled(number, factor) for number in value)
        else:
            raise UserError(
                f"{where}{key}: expected a field of whole numbers, like network.widths, that every step sets"
            )
        fields: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS} | {section: {field: value}}
        setting = setting.with_fields(where, **fields)
    return setting


def _assignments(sets: Sequence[str]) -> dict[str, dict[str, Any]]:
    sections: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for assignment in sets:
        key, equals, text = assignment.partition("=")
        section, dot, field = key.partition(".")
        if not (equals and dot and section in sections):
            raise UserError(
                f"--set {assignment}: expected SECTION.KEY=VALUE with SECTION network, training or data"
            )
        sections[section][field] = parse_yaml(text, f"--set {key}")
    return sections


def _with_parameters(study: Study, where: str, parameters: Mapping[str, dict[str, Any]]) -> Study:
    """The study with some parameters of its tricks replaced wherever it uses them.

    Raises:
        UserError: a trick that the ladder does not use.
    """
    used = {name for step in study.ladder for name, _ in step.uses()}
    for name in parameters:
        if name not in used:
            raise UserError(f"{where}{name}: the ladder has no such trick{did_you_mean(name, used)}")
    ladder = tuple(
        step.model_copy(
            update={"tricks": tuple({name: given | parameters.get(name, {})} for name, given in step.uses())}
        )
        for step in study.ladder
    )
    return study.model_copy(update={"ladder": ladder}) if parameters else study


def _added(setting: Setting, step: Step, index: int) -> Setting:
    where = f"ladder.{index}."
    setting = setting.with_fields(where, step.network, step.training, step.data)
    for name, given in step.uses():
        setting = setting.with_trick(f"{where}tricks.", name, given)
    return setting


def _check_convs(recipe: Recipe) -> None:
    """Refuse what would take for ever only to be listed.

    Raises:
        ValueError: `convs_per_block` does not fit `widths`, or there are more convolutions than anyone trains.
    """
    if (convs := sum(recipe.block_convs())) > MOST_CONVS:
        raise ValueError(f"convs_per_block: expected {MOST_CONVS} convolutions in all at most, found {convs}")


def _check_layers(where: str, value: Any) -> None:
    """Only classes of Keras and of this project, with plain options: a study file cannot run code of its own.

    Raises:
        UserError: a layer is anything else.
    """
    if isinstance(value, tuple):
        for one in value:
            _check_layers(where, one)
    elif isinstance(value, Layer):
        if not LAYER_PATH.fullmatch(value.path):
            raise UserError(f"{where}.path: expected a class like keras.layers.ReLU, found '{value.path}'")
        for key, option in value.options.items():
            if any(
                isinstance(one, dict | list) for one in (option if isinstance(option, list) else [option])
            ):
                raise UserError(f"{where}.options.{key}: expected a plain value or a list of them")


def _cumulative(study: Study, start: Setting) -> list[PlannedStep]:
    settings: dict[str, Setting] = {}
    planned = []
    above: str | None = None
    for position, step in enumerate(study.ladder):
        base = step.builds_on or above
        settings[step.step] = _added(settings[base] if base else start, step, position)
        planned.append(_planned("cumulative", step, position, base, settings[step.step]))
        above = step.step
    return planned


def _add_one(study: Study, start: Setting) -> list[PlannedStep]:
    first = study.ladder[0]
    base = _added(start, first, 0)
    planned = [_planned("add-one", first, 0, None, base)]
    for position, step in enumerate(study.ladder[1:], start=1):
        planned.append(_planned("add-one", step, position, first.step, _added(base, step, position)))
    return planned


def _leave_one_out(study: Study, start: Setting) -> list[PlannedStep]:
    """The full recipe, then the full recipe without each step's own change."""

    def without(left_out: int | None) -> Setting:
        kept = [(index, step) for index, step in enumerate(study.ladder) if index != left_out]
        return functools.reduce(lambda setting, pair: _added(setting, pair[1], pair[0]), kept, start)

    planned = [PlannedStep("leave-one-out", "full", 0, "everything", None, without(None), (), Published())]
    for position, step in enumerate(study.ladder[1:], start=1):
        name, title = f"without-{step.step}", f"without {_title(step)}"
        planned.append(
            PlannedStep(
                "leave-one-out", name, position, title, "full", without(position), step.uses(), Published()
            )
        )
    return planned


def _orders(study: Study, start: Setting) -> list[PlannedStep]:
    """The ladder climbed in several orders.

    What a step is trained with depends on the set of tricks below it, not on their order: within a set they are
    added as the ladder has them. So orders share every set they both pass through, and all of them begin with the
    first step and end with the full recipe.
    """
    ladder = study.ladder
    places = {step.step: index for index, step in enumerate(ladder)}

    @functools.cache
    def setting(chosen: tuple[int, ...]) -> Setting:
        below = setting(chosen[:-1]) if len(chosen) > 1 else start
        return _added(below, ladder[chosen[-1]], chosen[-1])

    def of(chosen: Iterable[int]) -> Setting:
        return setting((0, *sorted(chosen)))

    def fits(below: tuple[int, ...], index: int) -> bool:
        if not {places[name] for name in ladder[index].needs} <= {0, *below}:
            return False
        try:
            return of((*below, index)) is not None
        except UserError:
            return False

    planned = [
        PlannedStep("orders", "start", 0, _title(ladder[0]), None, of(()), ladder[0].uses(), Published())
    ]
    drawn = draw_orders(range(1, len(ladder)), study.orders, study.order_seed, fits)
    for number, order in enumerate(drawn, start=1):
        base = "start"
        for place, index in enumerate(order, start=1):
            step, name = ladder[index], f"o{number}_{ladder[index].step}"
            title, reached = f"{_title(step)} (order {number})", of(order[:place])
            planned.append(
                PlannedStep("orders", name, len(planned), title, base, reached, step.uses(), Published())
            )
            base = name
    return planned


def draw_orders(
    items: Sequence[int], number: int, seed: int, fits: Callable[[tuple[int, ...], int], bool]
) -> list[tuple[int, ...]]:
    """Different random orders of some items, each as likely as any other where all fit anywhere.

    Orders are drawn one after the other: the first ones of a longer list are those of a shorter one.

    Args:
        items: what is ordered.
        number: how many orders; fewer come back where there are no more.
        seed: the same seed gives the same orders.
        fits: whether an item can stand directly behind some others. Of those drawn but not yet placed, the first
            that fits is placed.

    Raises:
        UserError: some items fit nowhere.
    """
    found: dict[tuple[int, ...], None] = {}
    for attempt in range(TRIES * number):
        if len(found) == number:
            break
        left = random.Random(f"{seed}/{attempt}").sample(items, len(items))
        order: tuple[int, ...] = ()
        while left:
            one = next((item for item in left if fits(order, item)), None)
            if one is None:
                raise UserError(
                    f"orders: step(s) {', '.join(map(str, sorted(left)))} of the ladder fit nowhere"
                )
            left.remove(one)
            order = (*order, one)
        found[order] = None
    return list(found)


_DESIGN_FUNCTIONS: dict[str, Callable[[Study, Setting], list[PlannedStep]]] = {
    "cumulative": _cumulative,
    "leave-one-out": _leave_one_out,
    "add-one": _add_one,
    "orders": _orders,
}


def _planned(design: str, step: Step, position: int, base: str | None, setting: Setting) -> PlannedStep:
    return PlannedStep(design, step.step, position, _title(step), base, setting, step.uses(), step.lecture)


def _title(step: Step) -> str:
    return step.title or step.step.replace("_", " ")
