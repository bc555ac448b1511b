"""The report's small tables: what several designs, controls, budgets and protocols say, side by side."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ablation.analysis.tables import AA, ORDERS, base_design
from ablation.report.findings import Findings, design_name, one_variant, short_verdict
from ablation.wording import count, difference, percent, signed, spread


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
    drawn = (_designs(found), _controls(found), _budgets(found), _protocols(found))
    return [sheet for sheet in drawn if sheet is not None]


def _designs(found: Findings) -> Sheet | None:
    table = one_variant(found.contributions)
    designs = list(dict.fromkeys(table["design"]))
    orders = [design for design in designs if base_design(design) == ORDERS]
    if len(designs) < 2 and not orders:
        return None
    cells = {(row.design, row.trick): _contribution(row) for row in table.itertuples()}
    tricks = dict.fromkeys(table["trick"])
    return Sheet(
        "What each trick adds, by design",
        ("trick", *map(design_name, designs)),
        tuple((trick, *(cells.get((design, trick), "–") for design in designs)) for trick in tricks),
        "Points of test accuracy, [ ] 95 % intervals. Cumulative: on top of the rungs before; add-one: alone;"
        " leave-one-out: what its absence costs." + (_orders_note(found, table) if orders else ""),
    )


def _contribution(row: Any) -> str:
    if base_design(row.design) == ORDERS:
        error = "" if pd.isna(row.error) else f" ± {100 * row.error:.1f}"
        return f"{signed(row.value)}{error}"
    return difference(row.value, row.low, row.high)


def _orders_note(found: Findings, table: pd.DataFrame) -> str:
    number = int(table.loc[table["design"].map(base_design) == ORDERS, "n"].max())
    seed = found.manifest["study"].get("order_seed", 0)
    return (
        f" Orders: Shapley value, the mean over {number} order(s) of the ladder drawn from seed {seed}, ± its"
        " Monte-Carlo standard error."
    )


def _controls(found: Findings) -> Sheet | None:
    rows = []
    same = ["step", "test_mean", "delta"]  # two designs that begin alike share controls
    for row in found.controls.drop_duplicates(same).itertuples():
        base = found.table[(found.table["design"] == row.design) & (found.table["step"] == row.base)].iloc[0]
        epochs = [found.step(row.design, one).get("epochs", "–") for one in (row.base, row.step)]
        rows.append(
            (
                found.comparison(row),
                design_name(row.design),
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
            (name(found, *place), design_name(place[0]), *(cells.get((*place, one), "–") for one in epochs))
            for place in places
        ),
        "Points of test accuracy against the rung's base, [ ] 95 % intervals.",
    )


def _protocols(found: Findings) -> Sheet | None:
    if found.protocols.empty:
        return None
    rows = [
        (
            name(found, row.design, row.step),
            design_name(row.design),
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


def name(found: Findings, design: str, step: str) -> str:
    """The title of a step of any variant of a design."""
    steps = [one for one in found.manifest["steps"] if one["step"] == step]
    same = [one for one in steps if base_design(one["design"]) == base_design(design)]
    return str((same or steps)[0]["title"] or step)
