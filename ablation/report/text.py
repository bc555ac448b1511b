"""The report as text: a table for the terminal, and Markdown for a pull request."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ablation.analysis.steps import AA
from ablation.analysis.verdicts import CHANCE, HELPS, HURTS, NARROWS, NONE, WIDENS
from ablation.report.caveats import caveats
from ablation.report.escape import markdown as escape
from ablation.report.findings import Findings
from ablation.report.headline import UNMEASURED, headline, short_verdict
from ablation.report.how_judged import how_judged
from ablation.report.sheets import Sheet
from ablation.results.manifest import machine_told
from ablation.terminal import titled
from ablation.wording import FRACTION, count, counted, duration, percent, printable, signed

COLOURS = {HELPS: "green", HURTS: "red"}
ONE_WORD = {NONE: "same"}
GAP_MARKS = {NARROWS: "▼", WIDENS: "▲"}


def terminal(found: Findings) -> Group:
    """The rungs of every design: the measure that decides, gap, difference to the base, verdict, lecture's figure."""
    published = found.of_accuracy and found.published and not found.smoke
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("rung", overflow="fold")
    for name in (head(found), "gap", "delta"):
        table.add_column(name, justify="right", no_wrap=True)
    if not found.smoke:
        table.add_column("verdict", no_wrap=True)
    if published:
        table.add_column("lecture", justify="right", no_wrap=True)
    if found.shows_learning:
        table.add_column("learns", no_wrap=True)
    for design, rows in found.table.groupby("design", sort=False):
        if found.table["design"].nunique() > 1:
            table.add_section()
            table.add_row(Text(printable(found.design_name(str(design))), style="bold"))
        if design in found.averaged:
            for trick, value, verdict in shapley_values(found, str(design)):
                table.add_row(Text(printable(trick)), "", "", value, *([] if found.smoke else [verdict]))
            continue
        for row in rows.itertuples():
            table.add_row(
                Text(printable(row_title(found, row))),
                found.scale.spread(row.measure_mean, row.measure_ci_low),
                gap_cell(found, row),
                found.scale.difference(row.delta, row.delta_ci_low, row.delta_ci_high),
                *([] if found.smoke else [Text(one_word(row), style=COLOURS.get(row.verdict_kind, ""))]),
                *([percent(row.lecture_val)] if published else []),
                *([row.learns.removesuffix(" seeds")] if found.shows_learning else []),
            )
    caption = legend(found, ONE_WORD[NONE])
    caption += f"; lecture: on {found.published_title}" if published and found.on_other_data else ""
    return titled(f"{found.manifest['study']['title']}: {found.setting}", table, caption)


def head(found: Findings) -> str:
    """What the column of the measure that decides is called."""
    return "test" if found.of_accuracy else found.measure.name.replace("_", " ")


def legend(found: Findings, same: str = NONE) -> str:
    """What the columns of the table hold.

    Args:
        same: what the verdict of a step within the margin is called there.
    """
    units = (
        "gap and delta in points, delta paired by seed"
        if found.scale == FRACTION
        else f"gap in points, delta in {found.scale.units} and paired by seed"
    )
    if found.smoke:
        return units
    guessing = (found.table["verdict_kind"] == CHANCE) & (found.table["control"] != AA)
    return (
        f"{units}; {same}: within ±{found.margin}; ▼ ▲: narrows, widens the gap; verdicts are on the trick"
        + f"; {CHANCE}: neither learns" * bool(guessing.any())
    )


def row_title(found: Findings, row: Any) -> str:
    """What a row is called: its step, or for a control what it holds against what.

    Args:
        row: a row of `summary` as a named tuple.
    """
    return found.title(row) if row.control in ("", AA) else found.comparison(row)


def one_word(row: Any) -> str:
    """A row's verdict on its trick, as short as it goes.

    Args:
        row: a row of `summary` as a named tuple.
    """
    if not row.n:
        return "no trial"
    return ONE_WORD.get(row.verdict_kind, row.verdict_kind)


def gap_cell(found: Findings, row: Any) -> str:
    """The gap in points, marked where the row's own step narrows or widens it beyond chance.

    Args:
        row: a row of `summary` as a named tuple.
    """
    mark = "" if found.leaves_out(row) or found.smoke else GAP_MARKS.get(row.gap_verdict_kind, "")
    return f"{signed(row.gap_mean).lstrip('+')} {mark}".rstrip()


def shapley_values(found: Findings, design: str) -> list[tuple[str, str, str]]:
    """Trick, Shapley value with its interval, and what that is, for a design of orders."""
    table = found.contributions
    return [
        (
            row.trick,
            found.scale.difference(row.value, row.low, row.high),
            f"Shapley value, {counted(row.n, 'order')}",
        )
        for row in table[table["design"] == design].itertuples()
    ]


def evaluations(found: Findings) -> Table:
    """The steps on each set of other test images: test accuracy, difference to the base, verdict."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("rung")
    for name in (head(found), "delta"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict")
    for dataset, rows in found.evaluations.groupby("dataset", sort=False):
        table.add_section()
        table.add_row(Text(printable(str(dataset)), style="bold"))
        for row in rows.itertuples():
            table.add_row(
                Text(printable(found.step_title(row.design, row.step))),
                found.scale.spread(row.measure_mean, row.measure_ci_low),
                found.scale.difference(row.delta, row.delta_ci_low, row.delta_ci_high),
                short_verdict(found, row),
            )
    return table


def markdown(found: Findings, figures: Iterable[str], sheets: Iterable[Sheet]) -> str:
    """The report for a pull request.

    Args:
        figures: names of the figures under `figures/`, without ending.
        sheets: `ablation.report.sheets.sheets`.
    """
    manifest = found.manifest
    lines = [f"# {escape(manifest['study']['title'])}", "", f"*{escape(found.setting)}*", ""]
    lines += [escape(headline(found)), ""]
    ladders = found.table[found.table["control"] == ""]
    for design, rows in ladders.groupby("design", sort=False):
        if design in found.averaged:
            continue
        if ladders["design"].nunique() > 1:
            lines += [f"## {escape(found.design_name(str(design)))}", ""]
        lines += [*_table(found, rows), ""]
    lines += [
        *how_judged(found),
        "",
    ]
    for sheet in sheets:
        lines += [f"## {escape(sheet.title)}", ""]
        lines += [
            f"| {' | '.join(map(escape, sheet.columns))} |",
            f"|---{'|--:' * (len(sheet.columns) - 1)}|",
        ]
        lines += [f"| {' | '.join(map(escape, row))} |" for row in sheet.rows]
        lines += ["", escape(sheet.note), ""]
    notes = caveats(found)
    if notes:
        lines += ["## Read this first", "", *(f"- {escape(note)}" for note in notes), ""]
    lines += ["## Figures", "", *(f"![{escape(name)}](figures/{name}.png)" for name in figures), ""]
    for step in manifest["steps"]:
        if found.results.samples(step) is not None and step["design"] not in found.averaged:
            lines += [f"Training images as {escape(step['title'])} shows them, the plain ones on top:", ""]
            lines += [f"![augmented images](samples/{step['samples']})", ""]
    lines += ["## Provenance", "", "| what | value |", "|---|---|"]
    lines += [f"| {escape(name)} | {escape(value)} |" for name, value in provenance(found)]
    return "\n".join(lines) + "\n"


def provenance(found: Findings) -> list[tuple[str, str]]:
    """Where the figures come from, as names and values."""
    manifest = found.manifest
    dataset = manifest["dataset"]
    images = f"{dataset['train']:,} train, {dataset['val']:,} validation, {dataset['test']:,} test images"
    study = manifest["study"]
    source = f" (source: {study['source']})" if study.get("source") else ""
    return [
        ("study", f"{study['name']}{source}"),
        ("dataset", f"{found.images_told}: {images}; {dataset['source']}"),
        ("dataset sha256", str(dataset["sha256"])),
        ("seeds", ", ".join(str(seed) for seed in manifest["seeds"])),
        ("protocol", ", ".join(dict.fromkeys(step["protocol"] for step in manifest["steps"]))),
        ("versions", ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())),
        ("backend", f"{manifest['backend']}, {machine_told(manifest)}, {manifest['precision']}"),
        ("commit", str(manifest["git_commit"] or "unknown")),
        ("command", str(manifest["command"])),
        ("started, ended", f"{manifest['start']}, {manifest['end'] or 'not yet'}"),
    ]


def _table(found: Findings, rows: pd.DataFrame) -> list[str]:
    lecture = found.lecture_label
    learns = found.shows_learning
    lines = [
        f"| rung | {escape(head(found))} | gap | delta | verdict | gap's verdict | parameters | FLOPs | train time |"
        f" {escape(lecture)} |" + learns * " learns |",
        "|---|--:|--:|--:|---|---|--:|--:|--:|--:|" + learns * "---|",
    ]
    for row in rows.itertuples():
        cells = (
            escape(found.title(row)),
            found.scale.spread(row.measure_mean, row.measure_ci_low),
            signed(row.gap_mean).lstrip("+"),
            found.scale.difference(row.delta, row.delta_ci_low, row.delta_ci_high),
            short_verdict(found, row),
            UNMEASURED if row.gap_verdict_words and found.smoke else row.gap_verdict_words,
            count(row.parameters),
            count(row.flops_per_image),
            duration(row.train_seconds),
            percent(row.lecture_val),
            *([row.learns] if learns else []),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines
