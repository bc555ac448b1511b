"""The answer, in a sentence each, to what designs, controls, budgets and protocols ask."""

from math import isnan
from typing import Any

import pandas as pd

from ablation.analysis.steps import AA
from ablation.analysis.verdicts import HELPS, HURTS, NONE
from ablation.report.findings import Findings
from ablation.wording import counted, listed, signed

HELD_AGAINST = {"parameters": "as many parameters", "compute": "as much computation"}


def answers(found: Findings) -> list[str]:
    """What beyond the ladder and its measure was asked for, answered; none at preset smoke, whose
    figures are no answers."""
    if found.smoke:
        return []
    return [
        *_left_out(found),
        *_designs(found),
        *_controls(found),
        *_budgets(found),
        *_protocols(found),
        *_measures(found),
    ]


def _left_out(found: Findings) -> list[str]:
    """What leaving out each trick costs."""
    table = found.one_variant(found.table)
    by_kind: dict[str, list[str]] = {}
    for row in table[(table["control"] == "") & (table["pairs"] > 0)].itertuples():
        if found.leaves_out(row):
            kind = row.verdict_kind if row.verdict_kind in (HELPS, HURTS, NONE) else ""
            cost = found.scale.signed(found.gained(row, "delta"))
            by_kind.setdefault(kind, []).append(f"{found.subject(row)} ({cost})")
    told = [
        f"{words} {listed(by_kind[kind])}"
        for kind, words in (
            (HELPS, "it needs"),
            (HURTS, "it is better without"),
            (NONE, "it does as well without"),
            ("", "still open:"),
        )
        if kind in by_kind
    ]
    unit = f", in {found.scale.unit}" if found.scale.unit else ""
    return [f"The full recipe, one trick left out at a time{unit}: {'; '.join(told)}."] if told else []


def _designs(found: Findings) -> list[str]:
    table = found.one_variant(found.contributions)
    said = []
    for design, rows in table[table["design"].isin(found.averaged)].groupby("design", sort=False):
        best = rows.sort_values("value", ascending=not found.measure.higher_is_better).iloc[0]
        value = found.scale.difference(best.value, best.low, best.high)
        verb = "adds" if found.measure.higher_is_better else "lowers it"
        said.append(
            f"{_capital(found.design_name(str(design)))}: averaged over {counted(int(best.n), 'order')}, {best.trick}"
            f" {verb} most, {value}{_unit(found)}."
        )
    values = table.pivot_table(index="trick", columns="design", values="value", sort=False)
    both = values[values.notna().sum(axis=1) > 1]
    if len(both) == 0:
        return said
    widest = both.loc[(both.max(axis=1) - both.min(axis=1)).idxmax()].dropna()
    told = listed(
        [f"{found.scale.signed(value)} ({found.design_name(str(name))})" for name, value in widest.items()]
    )
    same = int((((both >= 0) | both.isna()).all(axis=1) | ((both <= 0) | both.isna()).all(axis=1)).sum())
    return [
        *said,
        f"Designs: they give {same} of {counted(len(both), 'trick')} the same sign and differ most on"
        f" {widest.name}: {told}{_unit(found)}.",
    ]


def _controls(found: Findings) -> list[str]:
    said = []
    for kind, rows in found.controls.drop_duplicates(["step", "delta"]).groupby("control", sort=False):
        if kind == AA:
            continue
        against = HELD_AGAINST.get(str(kind), str(kind))
        told, answered = [], dict[str, list[str]]()
        for row in rows.itertuples():
            told.append(f"{_step(found, row)} {row.verdict_words} ({found.scale.signed(row.delta)})")
            answered.setdefault(_explains(row.verdict_kind), []).append(_step(found, row))
        said.append(f"Control {kind}: against {against}, {listed(told)}.")
        said += [
            f"{_capital(against)} {explains} the gain of {listed(steps)}."
            for explains, steps in answered.items()
        ]
    if found.floor is not None:
        said.append(
            f"Control aa: other random numbers alone move a mean by up to ±{found.scale.amount(found.floor)};"
            " a smaller difference is chance."
        )
    return said


def _explains(kind: str) -> str:
    """What a trick's verdict against its control says of the control."""
    if kind == HELPS:
        return "alone cannot explain"
    return "alone can explain" if kind in (HURTS, NONE) else "may or may not explain"


def _step(found: Findings, row: Any) -> str:
    return found.step_title(row.design, row.base)


def _budgets(found: Findings) -> list[str]:
    table = found.budgets
    if table.empty:
        return []
    kinds = table.assign(kind=table["verdict"].str.partition(":")[0])
    by_epochs = table.pivot_table(index=["design", "step"], columns="epochs", values="delta", sort=False)
    few, many = min(by_epochs.columns), max(by_epochs.columns)
    change = (by_epochs[many] - by_epochs[few]).dropna()
    if change.empty:
        return []
    design, step = change.abs().idxmax()
    before, after = by_epochs.loc[(design, step), [few, many]]
    turned = kinds.groupby(["design", "step"])["kind"].nunique() > 1
    ends = f"{found.scale.signed(before)} to {found.scale.signed(after)}{_unit(found)}"
    return [
        f"Budget: from {few} to {many} epochs {found.step_title(design, step)} changes most, from {ends};"
        f" {turned.sum()} of {counted(len(turned), 'verdict')}"
        f" {'depends' if turned.sum() == 1 else 'depend'} on the number of epochs.",
        f"Budget: {_paying(found, kinds)}.",
    ]


def _paying(found: Findings, kinds: pd.DataFrame) -> str:
    """From how many epochs on each trick is shown to help.

    Args:
        kinds: `found.budgets` with the kind of each verdict.
    """
    paying = []
    for (design, step), rows in kinds.groupby(["design", "step"], sort=False):
        helping = rows.loc[rows["kind"] == HELPS, "epochs"]
        if len(helping):
            paying.append(f"{found.step_title(design, step)} from {counted(min(helping), 'epoch')}")
    return (
        f"shown to help: {listed(paying)}" if paying else "no trick is shown to help at any number of epochs"
    )


def _protocols(found: Findings) -> list[str]:
    table = found.protocols
    if table.empty:
        return []
    low, high = (signed(one) for one in (table["optimism"].min(), table["optimism"].max()))
    picked, mean = table["selection"].mean(), table["optimism"].mean()
    verb = "flatters it" if mean > 0 else "changes it"
    spread = "" if low == high else f" ({low} to {high} by step)"
    choice = "" if isnan(picked) else f"; choosing the best epoch there is {signed(picked)} of that"
    return [
        f"Protocol: reading the result off the test curve {verb} by {signed(mean)} points on average{spread}{choice}."
    ]


def _measures(found: Findings) -> list[str]:
    """What the tricks do by each other measure, where it is more than chance."""
    said = []
    for measure in found.others:
        name = f"measure_{measure.name}"
        told = [
            f"{found.subject(row)} {getattr(row, f'{name}_verdict_kind')}"
            f" ({measure.scale.signed(found.gained(row, f'{name}_delta'))})"
            for row in found.rungs.itertuples()
            if getattr(row, f"{name}_verdict_kind") in (HELPS, HURTS)
        ]
        first, last = (found.rungs.iloc[place][f"{name}_mean"] for place in (0, -1))
        ends = f"{measure.scale.value(first)} to {measure.scale.value(last)}"
        said.append(f"{measure.title}: {ends}; {listed(told) if told else 'no verdict of help or hurt'}.")
    return said


def _unit(found: Findings) -> str:
    return f" {found.scale.unit}".rstrip()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
