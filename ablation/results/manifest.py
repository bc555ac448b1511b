"""`manifest.json`: what a results folder says of its run, as a schema with bounds."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ablation.wording import counted

MOST_STEPS = 10_000
MOST_TRIALS = 1_000_000
MOST_SEEDS = 10_000
MOST = 2**63 - 1
ROUNDING = 1e-9

Count = Annotated[int, Field(ge=0, le=MOST)]
Share = Annotated[float, Field(ge=0, le=1)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Picture = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}\.png$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+.:@-]{0,127}$")]


class _Part(BaseModel):
    """A mapping of the manifest: what is known has its type, later versions may add to it."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow", allow_inf_nan=False)


class About(_Part):
    """The study as it was resolved; other keys as in its file."""

    name: str
    title: str
    question: str = ""
    source: str = ""
    order_seed: int = 0


class Dataset(_Part):
    """What was trained and judged on: `sha256` is of the arrays, `note` says why this data set, `repeated` counts the
    test images that stand among the training images too."""

    name: str
    note: str
    source: str
    sha256: Sha256
    protocol: str | None = None
    train: Count
    val: Count
    test: Count
    repeated: Count = 0
    classes: Annotated[list[str], Field(min_length=1, max_length=100_000)]


class Variant(_Part):
    """A design, and what it does otherwise than the study says.

    Attributes:
        design: its name.
        epochs: of every step, or None for what the study says.
        protocol: `honest` or `lecture`, or None for the study's.
    """

    design: Name
    epochs: Annotated[int, Field(ge=1, le=MOST)] | None = None
    protocol: Literal["honest", "lecture"] | None = None


class FamilySize(_Part):
    """How many primary comparisons the study has, run or not, at one budget and under one protocol.

    Attributes:
        epochs, protocol: as in `Variant`.
        comparisons: distinct ones; the same pair in two designs counts once.
    """

    epochs: Annotated[int, Field(ge=1, le=MOST)] | None
    protocol: Literal["honest", "lecture"] | None
    comparisons: Count


class Looks(_Part):
    """The looks of a run that gives seeds on demand, planned before the first.

    Attributes:
        seeds: at how many seeds, increasing.
        shares: of alpha, one a look.
        order: the seeds in the order in which they are given, as many as the last look is at.
        taken: how many looks are over.
        measure: the one whose verdicts asked for seeds.
    """

    seeds: Annotated[list[Annotated[int, Field(ge=2, le=MOST_SEEDS)]], Field(min_length=1)]
    shares: list[Annotated[float, Field(gt=0, le=1)]]
    order: list[Annotated[int, Field(ge=-MOST, le=MOST)]]
    taken: Count
    measure: str = "accuracy"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sorted(set(self.seeds)) != self.seeds:
            raise ValueError(f"looks.seeds: expected increasing numbers, found {self.seeds}")
        if len(self.shares) != len(self.seeds) or abs(sum(self.shares) - 1) > ROUNDING:
            raise ValueError(f"looks.shares: expected a share a look, 1 in all, found {self.shares}")
        if len(set(self.order)) != len(self.order) or len(self.order) != self.seeds[-1]:
            raise ValueError(f"looks.order: expected {self.seeds[-1]} different seeds")
        if self.taken > len(self.seeds):
            raise ValueError(f"looks.taken: expected at most {len(self.seeds)}, found {self.taken}")
        return self


class Measure(_Part):
    """A measure that the study names, as `ablation.measures.Measure` has it; an end that is None is infinite."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    higher_is_better: bool
    low: Annotated[float, Field(ge=-1e15, le=1e15)] | None
    high: Annotated[float, Field(ge=-1e15, le=1e15)] | None
    unit: Annotated[str, StringConstraints(max_length=20)]
    margin: Annotated[float, Field(ge=0, le=1e15)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"high: expected more than low, {self.low:g}, found {self.high:g}")
        return self


class Use(_Part):
    """A trick with its parameters; the card says what it does."""

    name: str
    parameters: dict[str, Any]
    card: str


class Lecture(_Part):
    """Accuracies that a lecture prints, 0-1."""

    val: Share | None = None
    train: Share | None = None


class Control(_Part):
    """What a step that is no trick stands against."""

    kind: str
    label: str


class Step(_Part):
    """One step of one design.

    Attributes:
        design, step, position: its place: `design` as the command names it, `step` unique in it.
        variant: the design in its parts.
        role: `start`, `added` or `left_out` of a step of the ladder, `control` of what one is held against.
        change: the ladder's step that is added, left out or held against something; None of a start.
        order: which of several orders of the ladder it stands in, from 1; None where there is but one.
        base: the step of the same design it is compared with; it may not have been asked for.
        primary: whether that comparison is one that the study asks about.
    """

    design: Name
    step: Name
    position: Count
    variant: Variant
    role: Literal["start", "added", "left_out", "control"]
    change: Name | None
    order: Annotated[int, Field(ge=1, le=MOST)] | None
    base: Name | None
    primary: bool = True
    title: str
    tricks: list[Use]
    changes: dict[str, Annotated[list[str], Field(min_length=2, max_length=2)]]
    lecture: Lecture
    protocol: Literal["honest", "lecture"]
    epochs: Count | Annotated[float, Field(gt=0, le=MOST)] | None = None
    control: Control | None = None
    parameters: Count
    flops_per_image: Count
    samples: Picture | None = None
    recipe: dict[str, Any] = {}
    sizes: dict[str, Any] = {}


class TrialRow(_Part):
    """A planned trial: a step under a seed, and the hash of what decides its numbers.

    `images` is the sha256 of what it was trained and judged on, where the seed drew a part of its own; else it is the
    data set's.
    """

    design: Name
    step: Name
    position: Count
    seed: Annotated[int, Field(ge=-MOST, le=MOST)]
    config_hash: Hash
    images: Sha256 | None = None


class Manifest(_Part):
    """What was run, on what, with what.

    `code` holds the sha256 of each of the user's own source files, by its path below their folder; nothing here names
    that folder. `measures` are those that the study reports, the one that decides its verdicts first; none of them is
    the accuracy alone. `start` and `end` are times in ISO 8601; `end` is None while a run is under way or was cut off.
    """

    contract: Literal[1]
    study: About
    preset: str
    protocol: Literal["honest", "lecture"]
    dataset: Dataset
    versions: dict[str, str]
    backend: str
    strategy: str = "single"
    devices: Annotated[int, Field(ge=1, le=MOST)] = 1
    threads: Annotated[int, Field(ge=1, le=MOST)] = 1
    device: str
    precision: str
    git_commit: str | None
    code: dict[str, Sha256] = {}
    command: str
    start: str
    end: str | None
    designs: list[Name]
    steps: Annotated[list[Step], Field(max_length=MOST_STEPS)]
    trials: Annotated[list[TrialRow], Field(max_length=MOST_TRIALS)]
    seeds: list[int]
    families: list[FamilySize] = []
    measures: Annotated[list[Measure], Field(max_length=100)] = []
    looks: Looks | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        places = [(step.design, step.step) for step in self.steps]
        known = {*places}
        if strange := next((one.design for one in self.steps if one.design not in self.designs), None):
            raise ValueError(f"designs: expected every step's design, found none of '{strange}'")
        for where, found in (
            ("designs", self.designs),
            ("steps", places),
            ("trials", [(row.design, row.step, row.seed) for row in self.trials]),
            ("measures", [one.name for one in self.measures]),
        ):
            twice, times = next(iter(Counter(found).most_common(1)), (None, 1))
            if times > 1:
                raise ValueError(f"{where}: {twice!r} is there {times} times")
        if row := next((one for one in self.trials if (one.design, one.step) not in known), None):
            raise ValueError(f"trials: expected steps of the manifest, found '{row.step}' of '{row.design}'")
        bases = {(step.design, step.step): (step.design, step.base) for step in self.steps}
        if circle := _circle(bases):
            raise ValueError(f"steps: '{circle[1]}' of '{circle[0]}' is a base of itself")
        return self


def _circle(bases: Mapping[tuple[str, str], tuple[str, str | None]]) -> tuple[str, str] | None:
    """A step from which one comes back to it by going from base to base."""
    clear: set[Any] = set()
    for start in bases:
        path: dict[Any, None] = {}
        place: Any = start
        while place in bases and place not in clear:
            if place in path:
                return place
            path[place] = None
            place = bases[place]
        clear |= path.keys()
    return None


def seeds_told(manifest: Mapping[str, Any]) -> str:
    """How many seeds the steps have: "5 seeds", or "1 to 5 seeds" where some have fewer."""
    numbers = Counter((row["design"], row["step"]) for row in manifest["trials"]).values()
    most = counted(len(manifest["seeds"]), "seed")
    fewest = min(numbers, default=len(manifest["seeds"]))
    return most if fewest >= len(manifest["seeds"]) else f"{fewest} to {most}"


def images_told(dataset: Mapping[str, Any]) -> str:
    """What tables and reports call a manifest's data set: its name, unless it has a published one with other images."""
    return str(dataset.get("title") if dataset.get("published") is False else dataset["name"])


def machine_told(manifest: Mapping[str, Any]) -> str:
    """What the trials were computed on: "AMD EPYC, 2 cores", and by how many threads each where it was not one."""
    threads = manifest["threads"]
    return f"{manifest['device']}{f', {threads} threads a trial' if threads > 1 else ''}"


def draws_of(manifest: Mapping[str, Any]) -> frozenset[str]:
    """Whose part of the training images the steps take, `shared` or `seed` (`ablation.data.sizes.Sizes.draw`)."""
    return frozenset(step.get("sizes", {}).get("draw", "shared") for step in manifest["steps"])


def other_parts(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether a seed that draws its own part of the training images has another one in the other manifest."""
    mine, theirs = (
        {(row["design"], row["step"], row["seed"]): row.get("images") for row in manifest["trials"]}
        for manifest in (one, other)
    )
    return any(images != theirs.get(place, images) for place, images in mine.items())


def upgraded(content: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest of any earlier version with the fields of today.

    Earlier ones said in names what a step is: `cumulative@20@lecture`, `without-x`, `o3_x`, `aa`, `x:parameters`.
    What is damaged is left for `Manifest` to refuse.
    """
    found: dict[str, Any] = {"strategy": "single", "devices": 1, "threads": 1, **content}
    if isinstance(dataset := found.get("dataset"), Mapping):
        found["dataset"] = {"protocol": found.get("protocol"), **dataset}
    steps = found.get("steps")
    if isinstance(steps, list):
        found["steps"] = [_step(one, found) if isinstance(one, Mapping) else one for one in steps]
    return found


def _step(step: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, Any]:
    design, name = step.get("design"), step.get("step")
    if not isinstance(design, str) or not isinstance(name, str):
        return dict(step)
    variant = _variant(design)
    fields: dict[str, Any] = {
        "protocol": variant["protocol"] or manifest.get("protocol"),
        "variant": variant,
        "epochs": None,
        "control": None,
        "samples": None,
        "recipe": {},
        "sizes": {},
    }
    return fields | _role(step, variant["design"], name) | dict(step)


def _variant(text: str) -> dict[str, Any]:
    design, *parts = text.split("@")
    epochs = next((int(part) for part in parts if re.fullmatch("[0-9]{1,9}", part)), None)
    protocol = next((part for part in parts if part in ("honest", "lecture")), None)
    return {"design": design, "epochs": epochs, "protocol": protocol}


def _role(step: Mapping[str, Any], design: str, name: str) -> dict[str, Any]:
    role, order = "added", None
    change: str | None = name
    ladder, _, kind = name.partition(":")
    if step.get("control") or ("control" not in step and (name == "aa" or kind in ("parameters", "compute"))):
        role, change = "control", ladder if kind else None
        label = {"kind": kind or name, "label": step.get("title") or name}
        return {"role": role, "change": change, "order": None, "control": label}
    elif step.get("base") is None:
        role, change = "start", None
    elif design == "leave-one-out":
        role, change = "left_out", name.removeprefix("without-")
    elif design == "orders" and (found := re.fullmatch(r"o([0-9]{1,4})_(.+)", name)):
        change, order = found[2], int(found[1])
    return {"role": role, "change": change, "order": order}


def checked(content: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest of any version as plain values, with today's fields.

    Raises:
        ValidationError: it is none.
    """
    return Manifest.model_validate(upgraded(content)).model_dump(mode="json", exclude_unset=True)
