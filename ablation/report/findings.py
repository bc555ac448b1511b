"""Everything the report says, computed once from a results folder; the other modules only lay it out."""

import functools
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ablation import analysis
from ablation.analysis.classes import classes
from ablation.analysis.evaluations import evaluations
from ablation.analysis.floor import control_floor
from ablation.analysis.images import image_errors
from ablation.analysis.intervals import opposite
from ablation.analysis.learning import YES
from ablation.analysis.measured import margin_of, primary, reported
from ablation.analysis.steps import CONTROL, LEFT_OUT, averaged, done_trials, titles, variants
from ablation.analysis.turned import turned_images
from ablation.measures import ACCURACY, Measure
from ablation.results.manifest import images_told, seeds_told
from ablation.results.read import Results
from ablation.study import Variant
from ablation.wording import Scale, counted, factor

CIFAR10, CIFAR10_TITLE = "cifar10", "CIFAR-10"
AUTO, FULL, SMOKE = "auto", "full", "smoke"
MOST_DRAWN = 40


@dataclass(frozen=True)
class Findings:
    """A results folder and what follows from it.

    Attributes:
        results: the folder, read.
        done: its done trials.
        table: `analysis.summary`.
        costs: `analysis.costs`, row by row as in `table`.
        contributions: `analysis.contributions`.
        budgets: `analysis.budgets`.
        protocols: `analysis.protocols`.
        evaluations: `analysis.evaluations`.
        classes: `analysis.classes`.
        image_errors: `analysis.images.image_errors`.
        turned: `analysis.turned.turned_images`.
        floor: half width of the A/A noise floor, in the units of `measure`; None without an A/A rung.
        measure: the one that decides the verdicts.
        others: the measures that are reported beside it.
        design: the design that the headline and the figures are about.
        rungs: the rows of `table` of that design that have a done trial, controls left out.
        controls: the rows of `table` of controls that have a done trial, of any design.
        variants: the designs by name (`analysis.steps.variants`).
        averaged: the designs whose steps are parts of an average over orders.
    """

    results: Results
    done: pd.DataFrame
    table: pd.DataFrame
    costs: pd.DataFrame
    contributions: pd.DataFrame
    budgets: pd.DataFrame
    protocols: pd.DataFrame
    evaluations: pd.DataFrame
    classes: pd.DataFrame
    image_errors: pd.DataFrame
    turned: pd.DataFrame
    floor: float | None
    measure: Measure
    others: tuple[Measure, ...]
    design: str
    rungs: pd.DataFrame
    controls: pd.DataFrame
    variants: Mapping[str, Variant]
    averaged: frozenset[str]

    @property
    def manifest(self) -> dict[str, Any]:
        return self.results.manifest

    @functools.cached_property
    def curves(self) -> pd.DataFrame:
        """Running and validation accuracy by epoch: a column for each (figure, design, step, seed) that is done."""
        trials = self.done[["design", "step", "seed", "config_hash"]]
        figures = ["accuracy", "val_accuracy"]
        epochs = self.results.epochs[["config_hash", "epoch", *figures]]
        together = trials.merge(epochs, on="config_hash")
        return together.pivot_table(index="epoch", columns=["design", "step", "seed"], values=figures)

    @property
    def scale(self) -> Scale:
        """How values of the measure that decides are written."""
        return self.measure.scale

    @property
    def margin(self) -> str:
        """The difference up to which the study takes two of its values for the same: "1 points"."""
        return self.scale.size(margin_of(self.manifest, self.measure))

    @property
    def smoke(self) -> bool:
        """Whether the networks are too small, and trained too briefly, for any figure to be an answer."""
        return bool(self.manifest["preset"] == SMOKE)

    @property
    def of_accuracy(self) -> bool:
        """Whether the test accuracy decides, so that published accuracies stand beside it."""
        return self.measure.name == ACCURACY.name

    @property
    def unit(self) -> str:
        """Of differences, behind a word for what differs: ", points"; empty where there is none."""
        return f", {self.scale.unit}" if self.scale.unit else ""

    @property
    def setting(self) -> str:
        """Dataset, preset, seeds and protocol, as every title says them."""
        return f"{self.setting_of_both}, {self.protocol(self.design)} protocol"

    @property
    def setting_of_both(self) -> str:
        """Dataset, preset and seeds, where two protocols are shown."""
        seeds = self.manifest["seeds"]
        which = f"seed {seeds[0]}" if len(seeds) == 1 else seeds_told(self.manifest)
        epochs = self.variants[self.design].epochs
        told = "" if epochs is None else f", {counted(epochs, 'epoch')}"
        return f"{self.images_told}, preset {self.manifest['preset']}{told}, {which}"

    def protocol(self, design: str) -> str:
        """The protocol of a design."""
        return str(next(step["protocol"] for step in self.manifest["steps"] if step["design"] == design))

    def design_name(self, design: str) -> str:
        """A design for people: "cumulative, 20 epochs, lecture protocol"."""
        variant = self.variants[design]
        parts = [variant.design]
        parts += [] if variant.epochs is None else [counted(variant.epochs, "epoch")]
        return ", ".join(parts + ([] if variant.protocol is None else [f"{variant.protocol} protocol"]))

    def one_variant(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of one variant of each design: what the study says, or else most epochs and the first protocol.

        Args:
            table: with a column design.
        """
        present = list(dict.fromkeys(table["design"]))

        def rank(design: str) -> tuple[bool, int, int]:
            variant = self.variants[design]
            return variant != Variant(variant.design), -(variant.epochs or 0), present.index(design)

        chosen = {self.variants[one].design: one for one in sorted(present, key=rank, reverse=True)}
        return table[table["design"].isin(chosen.values())]

    @property
    def drawn(self) -> pd.DataFrame:
        """The rungs that figures show: the first `MOST_DRAWN`."""
        return self.rungs[:MOST_DRAWN]

    @property
    def images_told(self) -> str:
        """What its images are called."""
        return images_told(self.manifest["dataset"])

    @property
    def published(self) -> bool:
        """Whether some step has a published figure."""
        return bool(self.table[["lecture_val", "lecture_train"]].notna().any(axis=None))

    @property
    def published_on(self) -> str:
        """The data on which the published figures were measured: the study's own, which is CIFAR-10 where it names
        none."""
        name = self.manifest["study"].get("dataset", AUTO)
        return CIFAR10 if name == AUTO else str(name)

    @property
    def published_title(self) -> str:
        """Their name for people."""
        return CIFAR10_TITLE if self.published_on == CIFAR10 else self.published_on

    @property
    def on_other_data(self) -> bool:
        """Whether the images are not those on which the published figures were measured."""
        return self.published and self.images_told != self.published_on

    @property
    def lecture_label(self) -> str:
        """What the published figures are called."""
        what = "lecture" if self.of_accuracy else "lecture's accuracy"
        return f"{what} ({self.published_title})" if self.on_other_data else what

    @property
    def shows_learning(self) -> bool:
        """Whether some rung did not learn, so that a table has to say which ones did."""
        return not self.table["learns"].isin(["", YES]).all()

    @property
    def climbs(self) -> bool:
        """Whether every rung is compared with the one before it."""
        steps = [
            one for one in self.manifest["steps"] if one["design"] == self.design and one["role"] != CONTROL
        ]
        return all(one["base"] == before["step"] for before, one in itertools.pairwise(steps))

    @property
    def grid(self) -> pd.DataFrame:
        """The rungs by `row` and `column` where every title is `row, column` and together they fill a grid; or none."""
        rungs = self.drawn[self.drawn["n"] > 0]
        names = [self.title(rung).split(", ") for rung in rungs.itertuples()]
        if any(len(name) != 2 for name in names):
            return rungs.iloc[:0]
        rows, columns = ({name[place] for name in names} for place in (0, 1))
        filled = len(names) == len(rows) * len(columns) == len({tuple(name) for name in names})
        if not filled or min(len(rows), len(columns)) < 2:
            return rungs.iloc[:0]
        return rungs.assign(row=[name[0] for name in names], column=[name[1] for name in names])

    def step(self, design: str, name: str) -> dict[str, Any]:
        """A step of the manifest."""
        return next(one for one in self.manifest["steps"] if (one["design"], one["step"]) == (design, name))

    def title(self, row: Any) -> str:
        """A row's name for people.

        Args:
            row: a row of `table` as a named tuple.
        """
        return str(self.step(row.design, row.step)["title"] or row.step)

    def step_title(self, design: str, step: str) -> str:
        """The title of a step of any variant of a design."""
        steps = [one for one in self.manifest["steps"] if one["step"] == step]
        same = [one for one in steps if one["variant"]["design"] == self.variants[design].design]
        return str((same or steps)[0]["title"] or step)

    def subject(self, row: Any) -> str:
        """The trick that a row's verdict is about: its own step, or the one that it leaves out."""
        if not self.leaves_out(row):
            return self.title(row)
        change = str(self.step(row.design, row.step)["change"] or row.step)
        return titles(self.manifest).get(change, change.replace("_", " "))

    def gained(self, row: Any, figure: str = "delta") -> float:
        """What the trick of a row does to a figure: its difference, turned round where the step leaves it out.

        Args:
            figure: `delta` or `gap_delta`.
        """
        return -getattr(row, figure) if self.leaves_out(row) else getattr(row, figure)

    def gained_interval(self, row: Any) -> tuple[float, float, float]:
        """`gained` of the measure that decides, with the ends of its interval."""
        found = row.delta, row.delta_ci_low, row.delta_ci_high
        return opposite(*found) if self.leaves_out(row) else found

    def time_told(self, row: Any) -> str:
        """By what factor the trick of a row makes a training longer: "1.06× [1.02, 1.10]"."""
        return factor(row.time_factor, row.time_factor_low, row.time_factor_high)

    def leaves_out(self, row: Any) -> bool:
        """Whether a row's step is the full recipe without one trick."""
        return self.step(row.design, row.step)["role"] == LEFT_OUT

    def comparison(self, row: Any) -> str:
        """What a row's delta is the difference of: its title, or for a control what it holds against what."""
        control = self.step(row.design, row.step).get("control") or {}
        return str(control.get("label") or self.title(row))


def collect(results: Results) -> Findings:
    """Analyse a results folder.

    Raises:
        UserError: no trial of it is done.
    """
    table = analysis.summary(results)
    measured = table[table["n"] > 0]
    is_control = measured["control"] != ""
    steps = results.manifest["steps"]
    found = Findings(
        results=results,
        done=done_trials(results),
        table=table,
        costs=analysis.costs(results, table),
        contributions=analysis.contributions(results),
        budgets=analysis.budgets(results, table),
        protocols=analysis.protocols(results),
        evaluations=evaluations(results),
        classes=classes(results),
        image_errors=image_errors(results),
        turned=turned_images(results),
        floor=control_floor(results),
        measure=primary(results.manifest),
        others=reported(results.manifest)[1:],
        design="",
        rungs=measured[~is_control],
        controls=measured[is_control].reset_index(drop=True),
        variants=variants(steps),
        averaged=averaged(steps),
    )
    present = list(dict.fromkeys(found.one_variant(measured)["design"]))
    design = next((name for name in present if name not in found.averaged), present[0])
    rungs = found.rungs[found.rungs["design"] == design].reset_index(drop=True)
    return replace(found, design=design, rungs=rungs)
