"""The report's small tables: what several designs, controls, budgets and protocols say, side by side."""

from dataclasses import dataclass

import pandas as pd

from ablation.analysis.steps import AA
from ablation.report.findings import Findings, short_verdict
from ablation.wording import count, counted, difference, percent, spread


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
    drawn = (_designs(found), _controls(found), _budgets(found), _protocols(found), *_evaluations(found))
    return [sheet for sheet in drawn if sheet is not None]


def _designs(found: Findings) -> Sheet | None:
    table = found.one_variant(found.contributions)
    designs = list(dict.fromkeys(table["design"]))
    orders = [design for design in designs if design in found.averaged]
    if len(designs) < 2 and not orders:
        return None
    cells = {(row.design, row.trick): difference(row.value, row.low, row.high) for row in table.itertuples()}
    tricks = dict.fromkeys(table["trick"])
    return Sheet(
        "What each trick adds, by design",
        ("trick", *map(found.design_name, designs)),
        tuple((trick, *(cells.get((design, trick), "–") for design in designs)) for trick in tricks),
        "Points of test accuracy, [ ] the interval that the verdict rests on. Cumulative: on top of the rungs before;"
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
    same = ["step", "test_mean", "delta"]  # two designs that begin alike share controls
    for row in found.controls.drop_duplicates(same).itertuples():
        base = found.table[(found.table["design"] == row.design) & (found.table["step"] == row.base)].iloc[0]
        epochs = [found.step(row.design, one)["epochs"] or "–" for one in (row.base, row.step)]
        rows.append(
            (
                found.comparison(row),
                found.design_name(row.design),
                spread(base.test_mean, base.test_ci_low),
                spread(row.test_mean, row.test_ci_low),
                difference(row.delta, row.delta_ci_low, row.delta_ci_high),
                short_verdict(row),
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
        " control, in points, paired by seed. Parameters, FLOPs and epochs: of the step, of the control."
        + aa,
    )


def _budgets(found: Findings) -> Sheet | None:
    table = found.budgets
    if table.empty:
        return None
    epochs = sorted(set(table["epochs"]))
    cells = {
        (row.design, row.step, row.epochs): difference(row.delta, row.delta_ci_low, row.delta_ci_high)
        for row in table.itertuples()
    }
    places = dict.fromkeys(zip(table["design"], table["step"], strict=True))
    return Sheet(
        "What each step changes, by number of epochs",
        ("rung", "design", *(f"{number} epochs" for number in epochs)),
        tuple(
            (
                found.step_title(*place),
                found.design_name(place[0]),
                *(cells.get((*place, one), "–") for one in epochs),
            )
            for place in places
        ),
        "Points of test accuracy against the rung's base, [ ] the interval that the verdict rests on.",
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
            ("rung", "design", "test", "difference", "verdict"),
            tuple(
                (
                    found.step_title(row.design, row.step),
                    found.design_name(row.design),
                    spread(row.test_mean, row.test_ci_low),
                    difference(row.delta, row.delta_ci_low, row.delta_ci_high),
                    short_verdict(row),
                )
                for row in rows.itertuples()
            ),
            "The models that the run saved, judged on these images; difference in points, paired by seed, intervals and"
            " verdicts as for the run's own test images.",
        )
        for dataset, rows in found.evaluations.groupby("dataset", sort=False)
    ]
