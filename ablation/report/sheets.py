"""The report's small tables: what several designs, controls, budgets and protocols say, side by side."""

from dataclasses import dataclass
from math import isnan

import pandas as pd

from ablation.analysis.measured import margin_of
from ablation.analysis.steps import AA
from ablation.analysis.verdicts import HELPS, HURTS
from ablation.report.findings import Findings
from ablation.report.headline import short_verdict
from ablation.wording import count, counted, difference, listed, percent, signed

MOST_CLASSES = 30


@dataclass(frozen=True)
class Sheet:
    """A table of texts.

    Attributes:
        title: heading.
        columns: names; the first column names the rows.
        rows: as many texts each.
        note: how to read it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str


def sheets(found: Findings) -> list[Sheet]:
    """The tables that a folder has something to show in."""
    drawn = (
        _times(found),
        *_measures(found),
        _classes(found),
        _turned(found),
        _designs(found),
        _controls(found),
        _budgets(found),
        _protocols(found),
        *_evaluations(found),
    )
    return [sheet for sheet in drawn if sheet is not None]


def _times(found: Findings) -> Sheet | None:
    """By how much each trick makes the training longer, and what that buys."""
    table = found.one_variant(found.table[found.table["time_factor"].notna()])
    rated = bool(table["points_per_minute"].notna().any())
    rows = tuple(
        (
            found.subject(row),
            found.design_name(row.design),
            found.scale.difference(*found.gained_interval(row)),
            row.verdict_kind or "–",
            found.time_told(row),
            *([signed(row.points_per_minute / 100)] if rated else []),
        )
        for row in table.itertuples()
        if row.design not in found.averaged
    )
    if not rows or found.smoke:
        return None
    columns = ("trick", "design", f"change{found.unit}", "verdict", "time")
    rate = " Points a minute: the change by extra minute of training; a dash where it takes no longer beyond chance."
    return Sheet(
        "What each trick costs in time",
        (*columns, "points a minute") if rated else columns,
        rows,
        "Change: what adding the trick changes, also where the step leaves it out. Time: that of a training with it"
        " over that of one without it at the same seed, geometric mean, [ ] 95 % interval over seeds. What else the"
        f" machine did is in it.{rate * rated}",
    )


def _measures(found: Findings) -> list[Sheet]:
    """A table for each measure beside the one that decides."""
    made = []
    for measure in found.others:
        name, rows = f"measure_{measure.name}", []
        for row in found.one_variant(found.table[found.table["n"] > 0]).itertuples():
            if row.control or row.design in found.averaged:
                continue
            mean, low, delta, down, up, kind = (
                getattr(row, f"{name}_{part}")
                for part in ("mean", "ci_low", "delta", "delta_low", "delta_high", "verdict_words")
            )
            cells = measure.scale.spread(mean, low), measure.scale.difference(delta, down, up), kind
            rows.append((found.title(row), found.design_name(row.design), *cells))
        better = "The higher, the better." if measure.higher_is_better else "The lower, the better."
        unit = f" in {measure.scale.unit}" if measure.scale.unit else ""
        margin = measure.scale.size(margin_of(found.manifest, measure))
        made.append(
            Sheet(
                f"By another measure: {measure.phrase}",
                ("rung", "design", measure.phrase, "difference", "verdict"),
                tuple(rows),
                f"{better} Differences{unit}, paired by seed and judged as those of {found.measure.phrase} are,"
                f" corrected within this measure alone; no difference: within ±{margin}. {found.measure.title}"
                " decides the study's verdicts.",
            )
        )
    return made


def _classes(found: Findings) -> Sheet | None:
    """Recall by class, a column a rung; the classes that change most where there are too many to read."""
    table = found.classes[(found.classes["design"] == found.design) & (found.classes["n"] > 0)]
    rungs = [row for row in found.drawn.itertuples() if row.step in set(table["step"])]
    if not rungs:
        return None
    rows = {(row.step, name): row for row, name in zip(table.itertuples(), table["class"], strict=True)}
    moved = table.assign(size=table["delta"].abs().fillna(0)).groupby("class", sort=False)["size"].max()
    shown = set(moved.sort_values(ascending=False, kind="stable").index[:MOST_CLASSES])
    names = [name for name in moved.index if name in shown]

    def cell(step: str, name: str) -> str:
        row = rows.get((step, name))
        if row is None:
            return "–"
        mark = f" {row.verdict_kind}" if row.verdict_kind in (HELPS, HURTS) else ""
        change = "" if isnan(row.delta) else f" ({signed(row.delta)}{mark})"
        return f"{percent(row.recall_mean)}{change}"

    some = (
        f" The {MOST_CLASSES} classes that change most; classes.csv has all."
        if len(moved) > len(names)
        else ""
    )
    return Sheet(
        "Recall by class",
        ("class", *(found.title(row) for row in rungs)),
        tuple((name, *(cell(row.step, name) for row in rungs)) for name in names),
        "Share of the class's test images that are recognised, ( ) the change against the rung's base in points."
        " Verdicts are judged as those of accuracy, all classes and rungs corrected for together; a change without a"
        f" word has none of help or hurt.{some}",
    )


def _turned(found: Findings) -> Sheet | None:
    """How many test images each rung fixed and broke."""
    table = found.one_variant(found.turned[found.turned["class"] == ""])
    table = table[~table["design"].isin(found.averaged)]
    if table.empty:
        return None
    rows = tuple(
        (
            found.step_title(row.design, row.step),
            found.design_name(row.design),
            images(row.fixed_mean, row.fixed_min, row.fixed_max),
            images(row.broken_mean, row.broken_min, row.broken_max),
            net(row.fixed_mean - row.broken_mean),
            many(row.by_chance),
        )
        for row in table.itertuples()
    )
    tested = listed([f"{number:,}" for number in sorted(table["images"].unique())])
    return Sheet(
        f"How many of {tested} test images each rung turned",
        ("rung", "design", "fixed", "broken", "fixed minus broken", "by chance"),
        rows,
        "Fixed: the rung predicts them right and its base, trained under the same seed, wrong; broken: the other way"
        " round. Means over seeds, ( ) lowest and highest seed. By chance: so many does another seed of the base fix,"
        " and so many does it break. turned.csv has every class.",
    )


def images(mean: float, low: int, high: int) -> str:
    """A mean number of images with its lowest and highest: "812 (790 to 840)"; alone where they are one."""
    return many(mean) if low == high else f"{many(mean)} ({low:,} to {high:,})"


def net(number: float) -> str:
    """A number of images more or less: "+172"."""
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{many(abs(number))}"


def many(number: float) -> str:
    """A mean number of images: "1,432", "12.5"; a dash where it is not known."""
    if isnan(number):
        return "–"
    return f"{number:,.0f}" if number >= 100 or number.is_integer() else f"{number:.1f}"


def _of(found: Findings) -> str:
    """What differences are of: "Points of test accuracy"."""
    unit = found.scale.unit
    return f"{unit[:1].upper()}{unit[1:]} of {found.measure.phrase}" if unit else found.measure.title


def _designs(found: Findings) -> Sheet | None:
    table = found.one_variant(found.contributions)
    designs = list(dict.fromkeys(table["design"]))
    orders = [design for design in designs if design in found.averaged]
    if len(designs) < 2 and not orders:
        return None
    cells = {
        (row.design, row.trick): found.scale.difference(row.value, row.low, row.high)
        for row in table.itertuples()
    }
    tricks = dict.fromkeys(table["trick"])
    return Sheet(
        "What each trick adds, by design",
        ("trick", *map(found.design_name, designs)),
        tuple((trick, *(cells.get((design, trick), "–") for design in designs)) for trick in tricks),
        f"{_of(found)}, [ ] the interval that the verdict rests on. Cumulative: on top of the rungs before;"
        " add-one: alone; leave-one-out: what its absence costs."
        + (_orders_note(found, table) if orders else ""),
    )


def _orders_note(found: Findings, table: pd.DataFrame) -> str:
    number = int(table.loc[table["design"].isin(found.averaged), "n"].max())
    seed = found.manifest["study"].get("order_seed", 0)
    if table.loc[table["design"].isin(found.averaged), "every_order"].all():
        return (
            f" Orders: Shapley value, the mean over every order of the ladder, {number} in all, [ ] 95 % interval over"
            " seeds."
        )
    ladder = found.manifest["study"].get("ladder")
    bound = [str(step.get("step")) for step in ladder or [] if isinstance(step, dict) and step.get("needs")]
    restricted = (
        f" Not all orders are possible: {', '.join(bound)} may only follow what they need." if bound else ""
    )
    return (
        f" Orders: Shapley value, the mean over {counted(number, 'order')} of the ladder drawn from seed {seed},"
        f" [ ] 95 % interval over orders and seeds.{restricted}"
    )


def _controls(found: Findings) -> Sheet | None:
    rows = []
    same = ["step", "measure_mean", "delta"]  # two designs that begin alike share controls
    for row in found.controls.drop_duplicates(same).itertuples():
        base = found.table[(found.table["design"] == row.design) & (found.table["step"] == row.base)].iloc[0]
        epochs = [found.step(row.design, one)["epochs"] or "–" for one in (row.base, row.step)]
        rows.append(
            (
                found.comparison(row),
                found.design_name(row.design),
                found.scale.spread(base.measure_mean, base.measure_ci_low),
                found.scale.spread(row.measure_mean, row.measure_ci_low),
                found.scale.difference(row.delta, row.delta_ci_low, row.delta_ci_high),
                short_verdict(found, row),
                f"{count(base.parameters)}, {count(row.parameters)}",
                f"{count(base.flops_per_image)}, {count(row.flops_per_image)}",
                f"{epochs[0]}, {epochs[1]}",
            )
        )
    if not rows:
        return None
    aa = (
        " Under other random numbers nothing changes but chance."
        if AA in set(found.controls["control"])
        else ""
    )
    unit = f", in {found.scale.unit}" if found.scale.unit else ""
    return Sheet(
        "Controls",
        (
            "comparison",
            "design",
            "step",
            "control",
            "difference",
            "verdict",
            "parameters",
            "FLOPs of an image",
            "epochs",
        ),
        tuple(rows),
        "What a step has beyond a network that got its parameters or its computation another way: step minus"
        f" control{unit}, paired by seed. Parameters, FLOPs and epochs: of the step, of the control." + aa,
    )


def _budgets(found: Findings) -> Sheet | None:
    table = found.budgets
    if table.empty:
        return None
    epochs = sorted(set(table["epochs"]))
    cells = {
        (row.design, row.step, row.epochs): found.scale.difference(
            row.delta, row.delta_ci_low, row.delta_ci_high
        )
        for row in table.itertuples()
    }
    places = dict.fromkeys(zip(table["design"], table["step"], strict=True))
    return Sheet(
        "What each step changes, by number of epochs",
        ("rung", "design", *(counted(number, "epoch") for number in epochs)),
        tuple(
            (
                found.step_title(*place),
                found.design_name(place[0]),
                *(cells.get((*place, one), "–") for one in epochs),
            )
            for place in places
        ),
        f"{_of(found)} against the rung's base, [ ] the interval that the verdict rests on.",
    )


def _protocols(found: Findings) -> Sheet | None:
    if found.protocols.empty:
        return None
    rows = [
        (
            found.step_title(row.design, row.step),
            found.design_name(row.design),
            percent(row.honest_test),
            f"{percent(row.honest_best)}, {percent(row.honest_last)}",
            f"{percent(row.lecture_best)}, {percent(row.lecture_last)}",
            difference(row.selection, row.selection_low, row.selection_high),
            difference(row.optimism, row.optimism_low, row.optimism_high),
        )
        for row in found.protocols.itertuples()
    ]
    return Sheet(
        "Protocols: what reading the test curve adds",
        (
            "rung",
            "design",
            "honest: test",
            "honest: validation, best and last epoch",
            "lecture: test, best and last epoch",
            "lecture: best minus last",
            "optimism",
        ),
        tuple(rows),
        "Honest: validation is cut from training, test looked at once, after the last epoch. Lecture: all images"
        " train, and the best epoch is picked on the test curve. Optimism: the lecture's figure minus the honest"
        " one, in points, paired by seed; best minus last is the part due to picking, the rest is due to the"
        " images that train.",
    )


def _evaluations(found: Findings) -> list[Sheet]:
    """A table for each set of other test images."""
    return [
        Sheet(
            f"On other test images: {dataset}",
            ("rung", "design", found.measure.phrase, "difference", "verdict"),
            tuple(
                (
                    found.step_title(row.design, row.step),
                    found.design_name(row.design),
                    found.scale.spread(row.measure_mean, row.measure_ci_low),
                    found.scale.difference(row.delta, row.delta_ci_low, row.delta_ci_high),
                    short_verdict(found, row),
                )
                for row in rows.itertuples()
            ),
            "The models that the run saved, judged on these images; differences paired by seed, intervals and"
            " verdicts as for the run's own test images.",
        )
        for dataset, rows in found.evaluations.groupby("dataset", sort=False)
    ]
