"""The report as text: a table for the terminal, and Markdown for a pull request."""

import re
from collections.abc import Iterable

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from ablation.analysis.tables import AA, ORDERS, base_design
from ablation.analysis.verdicts import HELPS, HURTS, kind
from ablation.report.findings import Findings, design_name, headline, short_verdict, warnings
from ablation.report.sheets import Sheet
from ablation.wording import count, difference, duration, percent, signed, spread

COLOURS = {HELPS: "green", HURTS: "red"}


def terminal(findings: Findings) -> Table:
    """The rungs of every design: test accuracy, gap, difference to the base, verdict, lecture's figure."""
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 2, 0, 0),
        pad_edge=False,
        title=Text(f"{findings.manifest['study']['title']}: {findings.setting}"),
        caption=Text(
            "mean over seeds, 95 % interval; gap and delta in points, delta paired by seed"
            + ("; lecture: on CIFAR-10" if findings.on_other_data else "")
        ),
    )
    table.add_column("rung")
    for name in ("test", "gap", "delta"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict")
    table.add_column("lecture", justify="right")
    if findings.shows_learning:
        table.add_column("learns")
    for design, rows in findings.table.groupby("design", sort=False):
        if findings.table["design"].nunique() > 1:
            table.add_section()
            table.add_row(Text(design_name(str(design)), style="bold"))
        if base_design(str(design)) == ORDERS:
            for trick, value, verdict in shapley_values(findings, str(design)):
                table.add_row(Text(trick), "", "", value, verdict)
            continue
        for row in rows.itertuples():
            table.add_row(
                Text(findings.title(row) if row.control in ("", AA) else findings.comparison(row)),
                spread(row.test_mean, row.test_ci_low),
                signed(row.gap_mean).lstrip("+"),
                difference(row.delta, row.delta_ci_low, row.delta_ci_high),
                Text(short_verdict(row), style=COLOURS.get(kind(row.verdict), "")),
                percent(row.lecture_val),
                *([row.learns] if findings.shows_learning else []),
            )
    return table


def shapley_values(findings: Findings, design: str) -> list[tuple[str, str, str]]:
    """Trick, Shapley value with its Monte-Carlo standard error in points, and what that is, for a design of orders."""
    table = findings.contributions
    return [
        (
            row.trick,
            signed(row.value) + ("" if pd.isna(row.error) else f" ± {100 * row.error:.1f}"),
            f"Shapley value, {row.n} order(s)",
        )
        for row in table[table["design"] == design].itertuples()
    ]


def markdown(findings: Findings, figures: Iterable[str], sheets: Iterable[Sheet]) -> str:
    """The report for a pull request.

    Args:
        figures: names of the figures under `figures/`, without ending.
        sheets: `ablation.report.sheets.sheets`.
    """
    manifest = findings.manifest
    lines = [f"# {escape(manifest['study']['title'])}", "", f"*{escape(findings.setting)}*", ""]
    lines += [escape(headline(findings)), ""]
    ladders = findings.table[findings.table["control"] == ""]
    for design, rows in ladders.groupby("design", sort=False):
        if base_design(str(design)) == ORDERS:
            continue
        if ladders["design"].nunique() > 1:
            lines += [f"## {escape(design_name(str(design)))}", ""]
        lines += [*_table(findings, rows), ""]
    lines += [
        "Test accuracy and gap are means over seeds; ± and [ ] are 95 % intervals (Student's t) that cover",
        "the choice of seed, not that of the test images. Gap and delta are in points, delta against the",
        "rung's base and paired by seed. Verdicts hold after Holm's correction for all comparisons of the",
        "study (at one budget and protocol), which keeps the chance of any false one under 5 %; intervals are",
        "not corrected.",
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
    notes = warnings(findings)
    if notes:
        lines += ["## Read this first", "", *(f"- {escape(note)}" for note in notes), ""]
    lines += ["## Figures", "", *(f"![{escape(name)}](figures/{name}.png)" for name in figures), ""]
    for step in manifest["steps"]:
        if findings.results.samples(step) is not None and base_design(step["design"]) != ORDERS:
            lines += [f"Training images as {escape(step['title'])} shows them, the plain ones on top:", ""]
            lines += [f"![augmented images](samples/{step['samples']})", ""]
    lines += ["## Provenance", "", "| what | value |", "|---|---|"]
    lines += [f"| {escape(name)} | {escape(value)} |" for name, value in provenance(findings)]
    return "\n".join(lines) + "\n"


def provenance(findings: Findings) -> list[tuple[str, str]]:
    """Where the figures come from, as names and values."""
    manifest = findings.manifest
    dataset = manifest["dataset"]
    images = f"{dataset['train']:,} train, {dataset['val']:,} validation, {dataset['test']:,} test images"
    study = manifest["study"]
    source = f" (source: {study['source']})" if study.get("source") else ""
    return [
        ("study", f"{study['name']}{source}"),
        ("dataset", f"{dataset['name']}: {images}; {dataset['source']}"),
        ("dataset sha256", str(dataset["sha256"])),
        ("seeds", ", ".join(str(seed) for seed in manifest["seeds"])),
        ("protocol", ", ".join(dict.fromkeys(map(findings.protocol, manifest["designs"])))),
        ("versions", ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())),
        ("backend", f"{manifest['backend']}, {manifest['device']}, {manifest['precision']}"),
        ("commit", str(manifest["git_commit"] or "unknown")),
        ("command", str(manifest["command"])),
        ("started, ended", f"{manifest['start']}, {manifest['end'] or 'not yet'}"),
    ]


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line: none of it becomes markup, HTML or a new cell."""
    return re.sub(r"([\\`*_\[\]<>|#!~$&])", _entity, " ".join(text.split()))


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};" if match[0] in "<>&|" else f"\\{match[0]}"


def _table(findings: Findings, rows: pd.DataFrame) -> list[str]:
    lecture = findings.lecture_label
    learns = findings.shows_learning
    lines = [
        f"| rung | test | gap | delta | verdict | parameters | FLOPs | train time | {lecture} |"
        + learns * " learns |",
        "|---|--:|--:|--:|---|--:|--:|--:|--:|" + learns * "---|",
    ]
    for row in rows.itertuples():
        cells = (
            escape(findings.title(row)),
            spread(row.test_mean, row.test_ci_low),
            signed(row.gap_mean).lstrip("+"),
            difference(row.delta, row.delta_ci_low, row.delta_ci_high),
            short_verdict(row),
            count(row.parameters),
            count(row.flops_per_image),
            duration(row.train_seconds),
            percent(row.lecture_val),
            *([row.learns] if learns else []),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines
