"""Everything the report says, computed once from a results folder; the other modules only lay it out."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ablation import analysis
from ablation.analysis.intervals import SMALLEST_TESTABLE, smallest_p
from ablation.analysis.learning import YES
from ablation.analysis.tables import AA, ORDERS, base_design, control_floor, done_trials
from ablation.analysis.verdicts import HELPS, HURTS, kind
from ablation.results.read import Results
from ablation.wording import gap_points, percent, signed

CIFAR10 = "cifar10"
FULL = "full"


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
        floor: half width of the A/A noise floor, a fraction; None without an A/A rung.
        design: the design that the headline and the figures are about.
        rungs: the rows of `table` of that design that have a done trial, controls left out.
        controls: the rows of `table` of controls that have a done trial, of any design.
    """

    results: Results
    done: pd.DataFrame
    table: pd.DataFrame
    costs: pd.DataFrame
    contributions: pd.DataFrame
    budgets: pd.DataFrame
    protocols: pd.DataFrame
    floor: float | None
    design: str
    rungs: pd.DataFrame
    controls: pd.DataFrame

    @property
    def manifest(self) -> dict[str, Any]:
        return self.results.manifest

    @property
    def setting(self) -> str:
        """Dataset, preset, seeds and protocol, as every title says them."""
        seeds = self.manifest["seeds"]
        which = f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} seeds"
        dataset, preset = self.manifest["dataset"]["name"], self.manifest["preset"]
        epochs = next((f", {part} epochs" for part in self.design.split("@") if part.isdigit()), "")
        return f"{dataset}, preset {preset}{epochs}, {which}, {self.protocol(self.design)} protocol"

    def protocol(self, design: str) -> str:
        """The protocol of a design."""
        steps = (step for step in self.manifest["steps"] if step["design"] == design)
        return str(next(steps).get("protocol", self.manifest["protocol"]))

    @property
    def on_other_data(self) -> bool:
        """Whether the images are not those of the lectures, who all measured on CIFAR-10."""
        return self.manifest["dataset"]["name"] != CIFAR10

    @property
    def lecture_label(self) -> str:
        """What the lectures' figures are called."""
        return "lecture (CIFAR-10)" if self.on_other_data else "lecture"

    @property
    def shows_learning(self) -> bool:
        """Whether some rung did not learn, so that a table has to say which ones did."""
        return not self.table["learns"].isin(["", YES]).all()

    @property
    def climbs(self) -> bool:
        """Whether every rung is compared with the one before it."""
        steps = [
            one for one in self.manifest["steps"] if one["design"] == self.design and not one.get("control")
        ]
        return all(one["base"] == before["step"] for before, one in itertools.pairwise(steps))

    @property
    def grid(self) -> pd.DataFrame:
        """The rungs by `row` and `column` where every title is `row, column` and together they fill a grid; or none."""
        rungs = self.rungs[self.rungs["n"] > 0]
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
    present = list(dict.fromkeys(one_variant(measured)["design"]))
    design = next((name for name in present if base_design(name) != ORDERS), present[0])
    is_control = measured["control"] != ""
    return Findings(
        results=results,
        done=done_trials(results),
        table=table,
        costs=analysis.costs(results, table),
        contributions=analysis.contributions(results),
        budgets=analysis.budgets(results, table),
        protocols=analysis.protocols(results),
        floor=control_floor(results),
        design=design,
        rungs=measured[(measured["design"] == design) & ~is_control].reset_index(drop=True),
        controls=measured[is_control].reset_index(drop=True),
    )


def headline(findings: Findings) -> str:
    """One or two sentences that hold the result, every figure in them computed."""
    rungs = list(findings.rungs.itertuples())
    start = f"{findings.manifest['dataset']['name']} ({findings.manifest['preset']}): "
    first, last = rungs[0], rungs[-1]
    compared = [row for row in rungs if row.pairs]
    if not compared:
        accuracy = f"{findings.title(first)} reaches {percent(first.test_mean)} test accuracy"
        return (
            f"{start}{accuracy} with a gap of {gap_points(first.gap_mean)}; nothing is compared with it yet."
        )
    helps, hurts = (sum(kind(row.verdict) == word for row in compared) for word in (HELPS, HURTS))
    told = f"{helps} of {len(compared)} steps help" + (f", {hurts} hurt" if hurts else "")
    told += ", the rest cannot be told from chance" if helps + hurts < len(compared) else ""
    best = max(compared, key=lambda row: row.delta if findings.climbs else abs(row.delta))
    if findings.climbs:
        story = (
            f"from {findings.title(first)} to {findings.title(last)}, test accuracy goes from"
            f" {percent(first.test_mean)} to {percent(last.test_mean)} and the gap between training and test"
            f" from {gap_points(first.gap_mean)} to {gap_points(last.gap_mean)}. Largest single gain:"
        )
    else:
        story = (
            f"{findings.title(first)} reaches {percent(first.test_mean)} test accuracy. Largest difference:"
        )
    return f"{start}{story} {findings.title(best)}, {signed(best.delta)} points. {told.capitalize()}."


def warnings(findings: Findings) -> list[str]:
    """What a reader must know before believing the figures, the gravest first."""
    manifest, trials = findings.manifest, findings.results.trials
    notes = []
    if "lecture" in {findings.protocol(design) for design in findings.table["design"]}:
        notes.append(
            "Protocol lecture: validation is the test set, as in the slides, so the best epoch was chosen on"
            " test and the figures are optimistic."
        )
    for row in trials[trials["status"] != "done"].drop_duplicates("config_hash").itertuples():
        error = "" if pd.isna(row.error) else f": {row.error}"
        notes.append(f"{row.step}, seed {row.seed}: {row.status}{error}. It is left out of every mean.")
    missing = len({one["config_hash"] for one in manifest["trials"]} - set(trials["config_hash"]))
    if missing:
        notes.append(
            f"{missing} of {_planned(manifest)} planned trials have no result yet; this report is partial."
        )
    tested = (findings.table["pairs"] > 0) & (findings.table["control"] != AA)
    pairs = findings.table.loc[tested, "pairs"]
    if len(pairs) and pairs.min() == 1:
        notes.append(
            "With one pair of seeds a difference has no interval and no verdict; run at least three seeds."
        )
    if len(pairs) and 1 < pairs.min() < SMALLEST_TESTABLE:
        few = int(pairs.min())
        notes.append(
            f"With {few} pairs of seeds, a test that assumes nothing about the distribution cannot go below"
            f" p = {smallest_p(few):.2g}: verdicts rest on the differences being normal. Six pairs lift that."
        )
    dataset = manifest["dataset"]
    if findings.on_other_data:
        notes.append(
            f"The dataset is {dataset['name']}, not CIFAR-10 ({dataset['note']}): the lectures' accuracies"
            " were measured on CIFAR-10 and are shown for their order, not for their size."
        )
    elif manifest["preset"] != FULL:
        notes.append(
            f"Preset {manifest['preset']}: smaller networks, fewer images or epochs than in the lectures, whose"
            " accuracies are shown for their order, not for their size."
        )
    if findings.floor is not None:
        notes.append(
            "A/A control: a rung that changes nothing moves the mean by up to"
            f" ±{100 * findings.floor:.1f} points; a smaller step is chance."
        )
    return notes


def design_name(design: str) -> str:
    """`cumulative@20@lecture` -> "cumulative, 20 epochs, lecture protocol"."""
    base, *parts = design.split("@")
    return ", ".join([base, *(f"{part} epochs" if part.isdigit() else f"{part} protocol" for part in parts)])


def one_variant(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of one variant of each design: what the study says, or else of most epochs and of the first protocol.

    Args:
        table: with a column design.
    """
    present = list(dict.fromkeys(table["design"]))

    def rank(design: str) -> tuple[bool, int, int]:
        epochs = [int(part) for part in design.split("@") if part.isdigit()]
        return design != base_design(design), -max([*epochs, 0]), present.index(design)

    chosen = {base_design(design): design for design in sorted(present, key=rank, reverse=True)}
    return table[table["design"].isin(chosen.values())]


def short_verdict(row: Any) -> str:
    """The words of a row's verdict, its figure standing beside it in a column of its own.

    Args:
        row: a row of `summary` as a named tuple.
    """
    return row.verdict.split(":")[0] if row.n else "no finished trial"


def _planned(manifest: Mapping[str, Any]) -> int:
    return len({one["config_hash"] for one in manifest["trials"]})
