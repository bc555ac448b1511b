"""Figures of the reference runs as text: README and the documentation quote nothing else.

Each figure carries its interval and n; `Quoted.scale` says the size of the run beside it.
"""

import functools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd

from ablation.analysis.intervals import opposite
from ablation.analysis.learning import NO, YES
from ablation.analysis.steps import CONTROL, LEFT_OUT
from ablation.analysis.verdicts import CHANCE, HELPS, HURTS, NARROWS, NONE, OPEN, WIDENS
from ablation.data import sources
from ablation.errors import UserError
from ablation.places import REFERENCE
from ablation.results import read as results
from ablation.results.manifest import draws_of, images_told, machine_told, seeds_told, upgraded
from ablation.wording import count, difference, duration, factor, percent, signed, spread

VERBS = {HELPS: "gains", HURTS: "costs", NARROWS: "narrows the gap by", WIDENS: "widens the gap by"}
PLACES = {
    "cumulative": "on the ladder", "add-one": "alone", "leave-one-out": "in the full recipe",
}  # fmt: skip
DASH = "–"


@dataclass(frozen=True)
class Effect:
    """What one step changes against its base: a row of `summary.csv`.

    Attributes:
        step: whose row it is.
        trick: as titles name it.
        design: in which it was asked.
        value, low, high: change of test accuracy, a fraction, of adding the trick, also where the step leaves it out.
        n: pairs of seeds.
        kind: of its verdict (`analysis.verdicts.KINDS`).
        seeds_needed: that an open one would take; NaN or infinite where none would do.
        gap: change of the gap of adding the trick, and its interval.
        gap_kind: of the verdict on the gap.
        time: by what factor adding the trick makes a training longer, and its interval; NaN where it is not known.
        learning: where the verdict is on how many seeds leave chance, its words; empty elsewhere.
    """

    step: str
    trick: str
    design: str
    value: float
    low: float
    high: float
    n: int
    kind: str
    seeds_needed: float
    gap: tuple[float, float, float]
    gap_kind: str
    time: tuple[float, float, float]
    learning: str = ""

    @property
    def told(self) -> str:
        """A sentence whose verb is the verdict's: "gains 8.2 points [+7.2, +9.1], n = 5"."""
        tail = f"{difference_interval(self.low, self.high)}, n = {self.n}"
        if self.kind in VERBS:
            return f"{VERBS[self.kind]} {bare(self.value)} points {tail}"
        if self.kind == NONE:
            return f"makes no difference: {signed(self.value)} points {tail}"
        if self.learning:
            return self.learning
        if self.kind == CHANCE:
            return f"cannot be judged, since both networks are at chance (n = {self.n})"
        return f"is open: {signed(self.value)} points {tail}"

    @property
    def gap_told(self) -> str:
        """The same of the gap: "narrows the gap by 37.1 points [−39.2, −35.0], n = 5"."""
        value, low, high = self.gap
        tail = f"{difference_interval(low, high)}, n = {self.n}"
        if self.gap_kind in VERBS:
            return f"{VERBS[self.gap_kind]} {bare(value)} points {tail}"
        if self.gap_kind == NONE:
            return f"leaves the gap as it is: {signed(value)} points {tail}"
        return f"moves the gap by {signed(value)} points {tail}, which is open"

    @property
    def cell(self) -> str:
        """For a table: "+8.2 [+7.2, +9.1] **helps**"."""
        kind = self.learning or (f"**{self.kind}**" if self.kind in VERBS else self.kind)
        return f"{difference(self.value, self.low, self.high)} {kind}"


def difference_interval(low: float, high: float) -> str:
    """An interval in points, or that there is none: one pair has none."""
    return "(no interval)" if isnan(low) else f"[{signed(low)}, {signed(high)}]"


def bare(fraction: float) -> str:
    """A size in points without its sign, since the verb has it."""
    return signed(abs(fraction)).lstrip("+")


@dataclass(frozen=True)
class Quoted:
    """A reference run that text quotes.

    Attributes:
        folder: where it lies.
    """

    folder: Path

    @functools.cached_property
    def manifest(self) -> dict[str, Any]:
        return upgraded(json.loads((self.folder / "manifest.json").read_text(encoding="utf-8")))

    @functools.cached_property
    def table(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "summary.csv", keep_default_na=False, na_values=[""])

    @property
    def study(self) -> str:
        return str(self.manifest["study"]["name"])

    @property
    def commit(self) -> str:
        """Under which the run was made, seven digits."""
        return str(self.manifest["git_commit"])[:7]

    @property
    def path(self) -> str:
        """The folder below the checkout."""
        return f"results/reference/{self.folder.parent.name}/{self.folder.name}"

    @property
    def dataset(self) -> str:
        """Its title: "CIFAR-10"."""
        name = images_told(self.manifest["dataset"])
        return str(sources.get(name).title) if name in sources.names() else str(name)

    @property
    def n(self) -> int:
        return len(self.manifest["seeds"])

    @property
    def seeds(self) -> str:
        """How many each step has: "5 seeds", or "3 to 11 seeds" where they differ."""
        return seeds_told(self.manifest)

    @property
    def scale(self) -> str:
        """ "CIFAR-10, `quick` preset, 10,000 training images, 18 epochs, n = 5 seeds"."""
        epochs = sorted(
            {step["recipe"]["epochs"] for step in self.manifest["steps"] if "epochs" in step["recipe"]}
        )
        told = f"{epochs[0]} epochs" if len(epochs) == 1 else f"{epochs[0]} to {epochs[-1]} epochs"
        images = sorted(
            {
                step["sizes"].get("train") or self.manifest["dataset"]["train"]
                for step in self.manifest["steps"]
            }
        )
        size = f"{images[0]:,}" if len(images) == 1 else f"{images[0]:,} to {images[-1]:,}"
        seeds = f"n = {self.seeds}"
        return f"{self.dataset}, `{self.manifest['preset']}` preset, {size} training images, {told}, {seeds}"

    @property
    def parts(self) -> str:
        """Whose training images they are."""
        own = draws_of(self.manifest) == {"seed"}
        return "each seed its own training images" if own else "one training subset for all seeds"

    @property
    def protocol(self) -> str:
        """Of its first step: "honest" or "lecture"."""
        return str(self.manifest["steps"][0]["protocol"])

    @property
    def machine(self) -> str:
        """What it was computed on, and in which precision: "AMD EPYC, 2 cores, mixed_bfloat16"."""
        return f"{machine_told(self.manifest)}, {self.manifest['precision']}"

    @property
    def widths(self) -> str:
        """Filters of the first step's blocks: "8 to 64 filters"."""
        widths = self.manifest["steps"][0]["recipe"]["widths"]
        return f"{widths[0]} to {widths[-1]} filters"

    @property
    def designs(self) -> list[str]:
        """Those that the run was asked for, in order: "cumulative", "leave-one-out"."""
        return list(dict.fromkeys(step["variant"]["design"] for step in self.manifest["steps"]))

    @property
    def hours(self) -> str:
        """Training time of all trials together; what designs share was trained once."""
        trials = pd.read_csv(self.folder / "trials.csv")
        return duration(float(trials.drop_duplicates("config_hash")["train_seconds"].sum()))

    @property
    def headline(self) -> str:
        """The report's first paragraph."""
        from ablation.report import findings  # draws: what quotes a figure alone does without matplotlib
        from ablation.report.headline import headline

        return headline(findings.collect(results.load(self.folder)))

    def row(self, step: str, design: str | None = None) -> pd.Series:
        """The row of a step, of the first design that has it unless one is named.

        Raises:
            UserError: there is none.
        """
        there = (
            place for place, (own, of) in enumerate(self._places) if own == step and design in (None, of)
        )
        if (place := next(there, None)) is None:
            known = ", ".join(self.table["step"].unique())
            raise UserError(
                f"{self.path}/summary.csv: expected a row {step}{f' of {design}' if design else ''}; found {known}"
            )
        return self.table.iloc[place]

    @functools.cached_property
    def _places(self) -> list[tuple[str, str]]:
        """Step and design of each row."""
        return list(zip(self.table["step"], self.table["design"], strict=True))

    def step(self, design: str, step: str) -> dict[str, Any]:
        """What the manifest says of a step."""
        return next(one for one in self.manifest["steps"] if (one["design"], one["step"]) == (design, step))

    def accuracy(self, step: str, design: str | None = None) -> str:
        """Test accuracy: "50.5 ± 1.2 % (n = 5)"."""
        row = self.row(step, design)
        return f"{spread(row.test_mean, row.test_ci_low)} (n = {row.n})"

    def gap(self, step: str, design: str | None = None) -> str:
        """Training minus test accuracy: "48.4 points (n = 5)"."""
        row = self.row(step, design)
        return f"{signed(row.gap_mean).lstrip('+')} points (n = {row.n})"

    def effect(self, step: str, design: str | None = None) -> Effect:
        """What a step changes against its base."""
        row = self.row(step, design)
        about = self.step(row.design, row.step)
        values = (row.delta, row.delta_ci_low, row.delta_ci_high)
        gap = (row.gap_delta, row.gap_delta_low, row.gap_delta_high)
        if about["role"] == LEFT_OUT:
            values, gap = opposite(*values), opposite(*gap)
        return Effect(
            row.step,
            self.title(about["change"] or row.step),
            row.design,
            *values,
            int(row.pairs),
            str(row.verdict_kind),
            float(row.seeds_needed),
            gap,
            str(row.gap_verdict_kind),
            (row.time_factor, row.time_factor_low, row.time_factor_high),
            str(row.verdict_words)
            if about["role"] != LEFT_OUT and row.verdict_words != row.verdict_kind
            else "",
        )

    def parameters(self, step: str) -> str:
        """How many a step has: "2.0 M"."""
        return count(self.row(step).parameters)

    def time(self, step: str) -> str:
        """Mean time that a training of a step takes: "16 min 40 s (n = 5)"."""
        row = self.row(step)
        return f"{duration(row.train_seconds)} (n = {row.n})"

    def learns(self, step: str) -> str:
        """Under how many seeds a step left chance: "3 of 3 seeds"."""
        row = self.row(step)
        told = {YES: f"{row.n} of {row.n} seeds", NO: f"0 of {row.n} seeds"}
        return told.get(str(row.learns), str(row.learns))

    def all_learn(self, *steps: str) -> str:
        """Under how many seeds each of several steps left chance: once where they are alike."""
        told = [self.learns(step) for step in steps]
        return told[0] if len(set(told)) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"

    def title(self, step: str) -> str:
        """A step of the ladder as titles name it."""
        named = {one["step"]: one["title"] for one in self.manifest["steps"]}
        return str(named.get(step, step.replace("_", " ")))

    def effects(self, design: str | None = None) -> list[Effect]:
        """The judged steps of a design, controls left out."""
        design = design or str(self.table["design"].iloc[0])
        rows = self.table[(self.table["design"] == design) & self.table["verdict_kind"].notna()]
        return [
            self.effect(row.step, design)
            for row in rows.itertuples()
            if row.pairs and self.step(design, row.step)["role"] != CONTROL
        ]

    def tally(self, design: str | None = None) -> str:
        """How a design's tricks were judged, with their changes in points and n; where some seeds did not learn, under
        how many each trick did."""
        said = {HELPS: "Shown to help", HURTS: "Shown to hurt", NONE: "No difference", OPEN: "Open"}
        effects = self.effects(design)
        lines = [f"{words}: {found}" for kind, words in said.items() if (found := of_kind(effects, kind))]
        parts = [f"{'. '.join(lines)} (points, n = {self.n})."] if lines else []
        learning: dict[str, list[str]] = {}
        for one in effects:
            if one.learning:
                learning.setdefault(self.learns(one.step), []).append(one.trick)
        seeds = sorted(learning.items(), reverse=True)
        return " ".join([*parts, *(f"Learns under {told}: {'; '.join(tricks)}." for told, tricks in seeds)])

    def best(self) -> pd.Series:
        """The step with the highest test accuracy."""
        return self.table.loc[self.table["test_mean"].idxmax()]

    def best_told(self) -> str:
        """ "*without dropout* (68.7 ± 0.9 %, n = 5)"."""
        row = self.best()
        return f"*{self.step(row.design, row.step)['title']}* ({spread(row.test_mean, row.test_ci_low)}, n = {row.n})"

    def ladder(self, design: str = "cumulative") -> str:
        """The rungs of a design as a Markdown table, published figures beside ours."""
        rows = self.table[(self.table["design"] == design) & (self.table["n"] > 0)]
        head = ("rung", "test", "gap", "change", "verdict", "parameters", "training", "published")
        cells = []
        for row in rows.itertuples():
            judged = isinstance(row.verdict_kind, str)
            effect = self.effect(row.step, design) if judged else None
            cells.append(
                (
                    self.title(row.step),
                    spread(row.test_mean, row.test_ci_low),
                    signed(row.gap_mean).lstrip("+"),
                    difference(effect.value, effect.low, effect.high) if effect else "",
                    effect.kind if effect else "",
                    count(row.parameters),
                    duration(row.train_seconds),
                    percent(row.lecture_val),
                )
            )
        return table(head, cells, right=(1, 2, 5, 6, 7))

    def places(self) -> str:
        """What each trick adds in each design that was run, as a Markdown table."""
        designs = [one for one in PLACES if one in set(self.table["design"])]
        effects = {(one.trick, design): one.cell for design in designs for one in self.effects(design)}
        tricks = list(dict.fromkeys(trick for trick, _ in effects))
        cells = [(trick, *(effects.get((trick, design), DASH) for design in designs)) for trick in tricks]
        return table(("trick", *(PLACES[one] for one in designs)), cells)

    def prices(self, design: str) -> str:
        """What each trick of a design adds and by what factor it makes a training longer, as a Markdown table."""
        cells = [
            (
                effect.trick,
                effect.cell,
                factor(*effect.time),
                signed(self.row(effect.step, design).points_per_minute / 100),
            )
            for effect in self.effects(design)
        ]
        return table(("trick", "change", "time", "points a minute"), cells, right=(2, 3))


def of_kind(effects: Iterable[Effect], kind: str) -> str:
    """The tricks with a verdict and what each moved: "dropout (+8.2), capacity (+10.4)"; empty where there is none."""
    found = [one for one in effects if one.kind == kind and not one.learning]
    return ", ".join(f"{one.trick} ({signed(one.value)})" for one in found)


def table(head: Sequence[str], cells: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A Markdown table; the columns of `right` are aligned there."""
    rule = [("--:" if place in right else "---") for place in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *cells))


def runs(study: str, folder: Path = REFERENCE) -> list[Quoted]:
    """The reference runs of a study, the largest first: by training images, then epochs."""
    found = [Quoted(one.parent) for one in sorted((folder / study).glob("*/summary.csv"))]

    def size(run: Quoted) -> tuple[int, int]:
        return run.manifest["dataset"]["train"], run.manifest["steps"][0]["recipe"].get("epochs", 0)

    return sorted(found, key=size, reverse=True)


def quoted(study: str, run: str | None = None, folder: Path = REFERENCE) -> Quoted:
    """The reference run of a study to quote: the one named, or the largest.

    Raises:
        UserError: there is none.
    """
    found = [one for one in runs(study, folder) if run in (None, one.folder.name)]
    if not found:
        raise UserError(f"{folder / study}: expected a reference run {run or ''}; found none")
    return found[0]
