"""Everything the report says, computed once from a results folder; the other modules only lay it out."""

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
from ablation.analysis.intervals import SMALLEST_TESTABLE, smallest_p
from ablation.analysis.learning import YES
from ablation.analysis.measured import margin_of, primary, reported
from ablation.analysis.sequential import Looked, looked
from ablation.analysis.steps import AA, CONTROL, LEFT_OUT, averaged, done_trials, titles, variants
from ablation.analysis.turned import turned_images
from ablation.analysis.verdicts import HELPS, HURTS, NARROWS, NONE, OPEN, WIDENS
from ablation.measures import ACCURACY, Measure
from ablation.results.manifest import draws_of, images_told, seeds_told
from ablation.results.read import Results
from ablation.study import Variant
from ablation.wording import FRACTION, Scale, counted, gap_points, listed, seen_before

CIFAR10, CIFAR10_TITLE = "cifar10", "CIFAR-10"
AUTO, FULL, SMOKE = "auto", "full", "smoke"
UNMEASURED = "not measured"
WHY_SMOKE = "preset smoke trains tiny networks for moments, to show that all runs"
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


def headline(found: Findings) -> str:
    """A few sentences that hold the result, every figure in them computed, the tricks their subjects."""
    return " ".join([story(found), *_answers(found)])


def story(found: Findings) -> str:
    """Where the ladder begins and ends, or why nothing can be said of it."""
    rungs = list(found.rungs.itertuples())
    start = f"{found.images_told} ({found.manifest['preset']}): "
    first, last = rungs[0], rungs[-1]
    compared = [row for row in rungs if row.pairs]
    alone = (
        f"{found.title(first)} reaches {found.scale.value(first.measure_mean)} {found.measure.phrase} with a gap of"
        f" {gap_points(first.gap_mean)}"
    )
    if not compared:
        return f"{start}{alone}; nothing is compared with it yet."
    if not measures(found):
        return f"{start}{alone}. Nothing is measured here: {_why_nothing(found)}."
    told = f"{alone}."
    if found.climbs:
        value, gap = found.scale.value, "gap" if found.of_accuracy else "accuracy gap"
        told = (
            f"from {found.title(first)} to {found.title(last)}, {found.measure.phrase} goes from"
            f" {value(first.measure_mean)} to {value(last.measure_mean)} and the {gap} between training and test"
            f" from {gap_points(first.gap_mean)} to {gap_points(last.gap_mean)}."
        )
    return f"{start}{told}"


def measures(found: Findings) -> bool:
    """Whether any comparison has the pairs of seeds that a verdict takes, at a size at which networks learn."""
    return not found.smoke and bool((found.table["pairs"] > 1).any())


def _why_nothing(found: Findings) -> str:
    if found.smoke:
        return WHY_SMOKE
    return "one seed shows no spread to judge a difference by; run at least three"


def verdicts(found: Findings) -> list[tuple[str, list[str]]]:
    """The kinds of verdict that there are, on accuracy and on the gap, each with its tricks and their gains in points:
    `("helps", ["dropout (+8.2)"])`; none where nothing is measured."""
    if not measures(found):
        return []
    compared = [row for row in found.rungs.itertuples() if row.pairs]
    kinds = [(kind, "verdict_kind", "delta", found.scale) for kind in (HELPS, HURTS, NONE, OPEN)]
    kinds += [(kind, "gap_verdict_kind", "gap_delta", FRACTION) for kind in (NARROWS, WIDENS)]
    told = [
        (
            kind,
            [
                f"{found.subject(row)} ({scale.signed(found.gained(row, figure))})"
                for row in compared
                if getattr(row, column) == kind
            ],
        )
        for kind, column, figure, scale in kinds
    ]
    return [(kind, tricks) for kind, tricks in told if tricks]


def _answers(found: Findings) -> list[str]:
    """A sentence for each kind of verdict, on accuracy and on the gap."""
    words = {
        HELPS: ("helps", "help"),
        HURTS: ("hurts", "hurt"),
        NONE: ("makes no difference", "make no difference"),
        OPEN: ("is open", "are open"),
        NARROWS: ("narrows the gap", "narrow the gap"),
        WIDENS: ("widens the gap", "widen the gap"),
    }
    sentences = [f"{listed(tricks)} {words[kind][len(tricks) > 1]}." for kind, tricks in verdicts(found)]
    return [sentence[:1].upper() + sentence[1:] for sentence in sentences]


def how_judged(found: Findings) -> list[str]:
    """How the table's verdicts came about, in sentences."""
    tested = found.table[found.table["p"].notna()]
    if tested.empty:
        return ["One pair of seeds has no interval and no verdict."]
    prior = tested.drop_duplicates(["prior_deviation", "prior_degrees"]).iloc[0]
    common = found.scale.amount(prior.prior_deviation)
    shrunk = (
        f"Its deviation is drawn towards the study's common one, {common}, which"
        f" is worth {prior.prior_degrees:.1f} degrees of freedom."
        if prior.prior_degrees > 0
        else "No common deviation could be told from so few comparisons, so each stands on its own."
    )
    count = int(tested["comparisons"].max())
    looks = looked(found.manifest)
    return [
        *_units(found),
        f"against the step's base and paired by seed. A delta is judged by the moderated paired t. {shrunk}",
        "Holm's correction",
        f"for {counted(count, 'primary comparison')} keeps the chance of any false verdict among them under 5 %.",
        *(_looks_taken(looks, tested) if looks else []),
        "The interval beside a delta is the one that its verdict rests on. No difference: the",
        "two-sided interval of the look's level lies" if looks else "90 % interval lies",
        f"within ±{found.margin}. Open: neither shown. {_covered(found)}",
        *_images_share(found),
        *_without_predictions(found),
    ]


def _covered(found: Findings) -> str:
    """What intervals over seeds cover, and what not."""
    draws = draws_of(found.manifest)
    if draws == {"shared"}:
        return (
            "Intervals cover the choice of seed, not that of images: all seeds share the training images and the"
            " test images."
        )
    where = "" if draws == {"seed"} else ", where it is a part of those that are there"
    return (
        f"Intervals cover the choice of seed and of training images, of which each seed draws its own part{where}, not"
        " that of the test images."
    )


def _images_share(found: Findings) -> list[str]:
    """How far the choice of test images may move a difference, beside that of seeds; nothing where trials do not keep
    their predictions."""
    known = found.image_errors[found.image_errors["design"] == found.design].merge(found.rungs[["step"]])
    known = known[known["seeds"] > 1]
    if known.empty:
        return []
    images, seeds = (FRACTION.amount(known[name].median()) for name in ("image_error", "seed_error"))
    tested = listed([f"{number:,}" for number in sorted(known["images"].unique())])
    return [
        f"Which {tested} test images were taken moves a difference of accuracies by {images} at most, which seeds were"
        f" taken by {seeds} (standard errors, medians of {counted(len(known), 'comparison')}; the first by a paired"
        " bootstrap over images in closed form).",
    ]


def _without_predictions(found: Findings) -> list[str]:
    """How many trials the counts of single test images leave out."""
    done = found.done.drop_duplicates("config_hash")
    tested = done.loc[done["test_accuracy"].notna(), "config_hash"]
    lacking = sum(found.results.right(key) is None for key in tested)
    if not lacking:
        return []
    return [
        f"Which test images they predicted right is not known of {lacking} of {counted(len(tested), 'trial')}, since"
        " earlier versions did not keep it: counts of images fixed and broken leave them out.",
    ]


def _units(found: Findings) -> list[str]:
    """What stands in the columns of means and differences."""
    title = found.measure.title
    units = (
        "Gap and delta are in points, delta"
        if found.scale == FRACTION
        else f"The gap is in points, delta in {found.scale.units},"
    )
    direction = (
        "" if found.measure.higher_is_better else f" The lower the {found.measure.phrase}, the better."
    )
    decides = "" if found.of_accuracy else " of accuracy"
    return [f"{title} and gap{decides} are means over seeds, ± their 95 % interval.{direction} {units}"]


def _looks_taken(looks: Looked, tested: pd.DataFrame) -> list[str]:
    """At how many looks the seeds were given that each primary comparison has."""
    planned = listed(list(map(str, looks.plan.seeds)))
    primary = tested[tested["primary"].astype(bool)]
    given = [
        f"{counted(int(seeds), 'seed')} over {counted(int(times), 'look')}: {listed([*dict.fromkeys(rows['step'])])}"
        for (seeds, times), rows in primary.groupby(["pairs", "looks"])
    ]
    return [
        f"Seeds were given on demand: {looks.taken} of {counted(len(looks.plan.seeds), 'look')} planned at {planned}",
        "seeds were taken, each at its share of the 5 %, so that they hold over all looks.",
        *([f"{'; '.join(given)}."] if given else []),
    ]


def warnings(found: Findings) -> list[str]:
    """What a reader must know before believing the figures, the gravest first."""
    manifest, trials = found.manifest, found.results.trials
    notes = []
    if "lecture" in {found.protocol(design) for design in found.table["design"]}:
        notes.append(
            "Protocol lecture: validation is the test set, as in the slides, so the best epoch was chosen on"
            " test and the figures are optimistic."
        )
    if repeated := manifest["dataset"].get("repeated"):
        notes.append(f"{seen_before(repeated, manifest['dataset']['test'])}.")
    notes += found.results.disagreements
    notes += _unmeasured(found)
    for row in trials[trials["status"] != "done"].drop_duplicates("config_hash").itertuples():
        error = "" if pd.isna(row.error) else f": {row.error}"
        notes.append(f"{row.step}, seed {row.seed}: {row.status}{error}. It is left out of every mean.")
    missing = len({one["config_hash"] for one in manifest["trials"]} - set(trials["config_hash"]))
    if missing:
        notes.append(
            f"{missing} of {_planned(manifest)} planned trials have no result yet; this report is partial."
        )
    tested = (found.table["pairs"] > 0) & (found.table["control"] != AA)
    pairs = found.table.loc[tested, "pairs"]
    if len(pairs) and pairs.min() == 1:
        notes.append(
            "With one pair of seeds a difference has no interval and no verdict; run at least three seeds."
        )
    if found.smoke:
        notes.append("Preset smoke shows that all runs; its accuracies measure nothing.")
    if len(pairs) and 1 < pairs.min() < SMALLEST_TESTABLE:
        few = int(pairs.min())
        notes.append(
            f"With {few} pairs of seeds, a test that assumes nothing about the distribution cannot go below"
            f" p = {smallest_p(few):.2g}: verdicts rest on the differences being normal. Six pairs lift that."
        )
    dataset = manifest["dataset"]
    if found.on_other_data:
        other = found.published_title
        notes.append(
            f"The dataset is {found.images_told}, not {other} ({dataset['note']}): the lectures' accuracies"
            f" were measured on {other} and are shown for their order, not for their size."
        )
    elif manifest["preset"] != FULL and found.published:
        notes.append(
            f"Preset {manifest['preset']}: smaller networks, fewer images or epochs than in the lectures, whose"
            " accuracies are shown for their order, not for their size."
        )
    if len(found.rungs) > MOST_DRAWN:
        notes.append(
            f"Figures and sections show the first {MOST_DRAWN} of {len(found.rungs)} rungs; summary.csv has them all."
        )
    if found.floor is not None:
        notes.append(
            "A/A control: a rung that changes nothing moves the mean by up to"
            f" ±{found.scale.amount(found.floor)}; a smaller step is chance."
        )
    return notes


def _unmeasured(found: Findings) -> list[str]:
    """Measures that some trials lack, and looks that another measure asked for."""
    notes = []
    for measure in (found.measure, *found.others):
        lacking = int(found.done[measure.column].isna().sum())
        if lacking:
            notes.append(
                f"{measure.title}: {lacking} of {counted(len(found.done), 'done trial')} have none: a class without"
                " test images leaves it open, or they were trained before it was measured."
            )
    looks = looked(found.manifest)
    if looks and looks.measure != found.measure.name:
        notes.append(
            f"Seeds were given on demand by {looks.measure}, not by {found.measure.name}: its verdicts take the seeds"
            " as given beforehand, and their chance of error is not kept."
        )
    return notes


def short_verdict(found: Findings, row: Any) -> str:
    """The words of a row's verdict, its figure standing beside it in a column of its own; no verdict at smoke.

    Args:
        row: a row of `summary` as a named tuple.
    """
    if not row.n:
        return "no finished trial"
    return UNMEASURED if row.verdict_words and found.smoke else row.verdict_words


def _planned(manifest: Mapping[str, Any]) -> int:
    return len({one["config_hash"] for one in manifest["trials"]})
