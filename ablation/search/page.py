"""A search in words: `tune.md`, and what the tuned study says of itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ablation.report.escape import markdown as escape
from ablation.report.findings import SMOKE
from ablation.report.headline import WHY_SMOKE
from ablation.search.notes import TUNED, space_of
from ablation.search.table import field_of, figure, ranked, shown, table
from ablation.study.space import at_edge
from ablation.wording import counted, percent, printable, signed

SHOWN_ROWS = 10


def header(notes: Mapping[str, Any], folder: Path) -> list[str]:
    """What the tuned study says of itself: command, data, figures measured."""
    found, data = table(notes, folder), notes["dataset"]
    lines = [
        f"{printable(notes['title'])}: the default and the recipe that `ablation tune` found, side by side.",
        "",
        f"  command   {_command(notes)}",
        f"  data      {printable(data['name'])}, {data['train']:,} training and {data['val']:,} validation images,"
        f" no test image (sha256 {data['sha256'][:16]})",
    ]
    for stage in notes["stages"]:
        best = ranked(found, stage["name"])
        words = "measured " if stage is notes["stages"][0] else "         "
        lines.append(
            f"  {words} {stage['name']}: {_count(found, stage)}; best validation accuracy"
            f" {percent(best['val_accuracy'].iloc[0])}, median {percent(best['val_accuracy'].median())}"
        )
    lines.append(f"  compare   ablation run {TUNED} (needs the same --data-dir)")
    return lines


def answer(notes: Mapping[str, Any], found: pd.DataFrame) -> str:
    """The search in two sentences: the best point, its validation accuracy, what it gains; empty before one is done.
    At smoke, that nothing is measured."""
    best = pd.concat([ranked(found, stage["name"])[:1] for stage in notes["stages"]])
    if best.empty:
        return ""
    if notes["preset"] == SMOKE:
        return f"Nothing is measured here: {WHY_SMOKE}."
    row = best.sort_values("val_accuracy", ascending=False, kind="stable").iloc[0]
    first = ranked(found, notes["stages"][0]["name"])["val_accuracy"]
    gain = signed(row["val_accuracy"] - first.median())
    point = shown({key: row[key] for key in notes["default"]})
    return (
        f"Best: {point}, {percent(row['val_accuracy'])} on validation (trial {row['trial']} of {row['stage']}),"
        f" {gain} points over the median of the first {counted(len(first), 'trial')}."
        " A best of many is flattered by the choice: only new seeds on test images say what it is worth."
    )


def page(notes: Mapping[str, Any], found: pd.DataFrame, drawn: tuple[str, ...]) -> str:
    """`tune.md`: per stage the best trials as in the lecture (val acc, lr, penalty), spaces, warnings, figures."""
    data, keys = notes["dataset"], list(notes["default"])
    lines = [
        f"# {escape(notes['title'])}: search",
        "",
        f"`{_command(notes)}`",
        "",
        f"Data: {escape(data['name'])}, {data['train']:,} training and {data['val']:,} validation images, preset"
        f" {escape(notes['preset'])}; no test image is looked at. Default: {escape(shown(notes['default']))}.",
    ]
    for stage in notes["stages"]:
        best, space = ranked(found, stage["name"]), space_of(stage)
        ranges = ", ".join(f"{key} {dimension}" for key, dimension in space.items())
        lines += [
            "",
            f"## {stage['name'].capitalize()}",
            "",
            f"{_count(found, stage)}; {stage['sampler']}; {escape(ranges)}.",
            "",
        ]
        lines += [
            f"| val acc | {' | '.join(escape(field_of(key)) for key in keys)} | train acc | val loss | trial |",
            "|" + "--:|" * (len(keys) + 4),
        ]
        lines += [
            f"| {percent(row['val_accuracy'])} | "
            + " | ".join(escape(figure(row[key])) for key in keys)
            + f" | {percent(row['train_accuracy'])} | {row['val_loss']:.3f} | {row['trial']} / {len(stage['values'])} |"
            for row in best[:SHOWN_ROWS].to_dict("records")
        ]
        for key, dimension in space.items():
            if len(best) and at_edge(dimension, best[key].iloc[0]):
                lines += [
                    "",
                    f"The best {escape(key)}, {escape(figure(best[key].iloc[0]))}, lies at the edge of {dimension}.",
                ]
    lines += [line for name in drawn for line in ("", f"![{name.replace('_', ' ')}](figures/{name}.png)")]
    return "\n".join(lines) + "\n"


def _count(found: pd.DataFrame, stage: Mapping[str, Any]) -> str:
    states = found.loc[found["stage"] == stage["name"], "status"]
    bad = [
        f"{(states == status).sum()} {status}"
        for status in ("diverged", "failed")
        if (states == status).any()
    ]
    epochs = stage["epochs"]
    return f"{len(states)} trials of {epochs} epoch{'s' * (epochs > 1)}" + (
        f" ({', '.join(bad)})" if bad else ""
    )


def _command(notes: Mapping[str, Any]) -> str:
    """The command, as it can stand in a comment or between backticks."""
    return printable(notes["command"] or "ablation tune").replace("`", "'")
