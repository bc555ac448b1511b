"""Several results folders of one study side by side: two precisions, two backends, two commits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Any

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ablation.analysis.comparisons import Comparison
from ablation.analysis.judgement import judge, words_of
from ablation.analysis.measured import named
from ablation.analysis.moderation import estimates
from ablation.analysis.steps import done_trials
from ablation.analysis.verdicts import HELPS, HURTS, verdict
from ablation.errors import UserError
from ablation.measures import ACCURACY, Measure
from ablation.report.escape import markdown as escape
from ablation.results.manifest import draws_of, other_parts
from ablation.results.read import Results, load
from ablation.wording import factor, printable

COLUMNS = (
    "reference", "other", "design", "step", "position", "n", "reference_mean", "other_mean", "difference",
    "difference_ci_low", "difference_ci_high", "p_holm", "verdict", "reference_seconds", "other_seconds",
    "verdict_kind", "verdict_words", "unlike", "measure",
)  # fmt: skip
KEYS = ("preset", "protocol", "precision", "backend", "device", "threads", "git_commit")
SETTINGS = ("recipe", "sizes", "epochs", "protocol")
MOST_NAMED = 5
HEADS = ("design", "rung", "n", "reference", "other", "difference", "verdict", "training time")
TEXTS = ("design", "rung", "verdict")
SAID = {HELPS: "higher", HURTS: "lower"}


def compare(folders: Sequence[Path], measure: str = "") -> pd.DataFrame:
    """Test accuracies of other folders, or another measure, against the first one's, paired by step and seed.

    Args:
        folders: two or more results folders; the first is the reference.
        measure: what is compared; empty for what decides the verdicts of the reference.

    Returns:
        A row for each other folder and each step that both have: reference and other (labels that say in what
        the folders differ), design, step, position, n (pairs of seeds), means of the measure over those
        pairs, their difference (other minus reference) with the interval that its verdict rests on,
        p_holm (corrected for all rows), verdict in words, mean training seconds of a trial, and what else the two
        folders do not have in common, as sentences in one text (`unlike`).

    Raises:
        UserError: fewer than two folders, an unknown measure or one that they lack, one without a done trial, another
            study, another data set, other test images, or no step and seed in common.
    """
    if len(folders) < 2:
        raise UserError(f"compare: expected two or more results folders, found {len(folders)}")
    runs = [load(folder) for folder in folders]
    labels = _labels(runs)
    one = named(runs[0].manifest, measure)
    rows: list[dict[str, Any]] = []
    differences = []
    for other, label in zip(runs[1:], labels[1:], strict=True):
        _check(runs[0], other)
        pairs, unlike = _pairs(runs[0], other, one), " ".join(_unlike(runs[0], other))
        for (design, step, position), pair in pairs.groupby(["design", "step", "position"], sort=False):
            differences.append((pair[f"{one.column}_other"] - pair[one.column]).to_numpy(float))
            rows.append(
                {
                    "reference": labels[0],
                    "other": label,
                    "design": design,
                    "step": step,
                    "position": position,
                    "n": len(pair),
                    "reference_mean": pair[one.column].mean(),
                    "other_mean": pair[f"{one.column}_other"].mean(),
                    "difference": differences[-1].mean(),
                    "reference_seconds": pair["train_seconds"].mean(),
                    "other_seconds": pair["train_seconds_other"].mean(),
                    "unlike": unlike,
                    "measure": one.name,
                }
            )
    table = pd.DataFrame(rows)
    prior, found_each = estimates(differences)
    judgements = judge(found_each, words_of(one), margin=one.margin)
    compared = [Comparison(*pair, prior) for pair in zip(found_each, judgements, strict=True)]
    table["difference_ci_low"] = [each.judgement.low for each in compared]
    table["difference_ci_high"] = [each.judgement.high for each in compared]
    table["p_holm"] = [each.judgement.p for each in compared]
    said = SAID if one.higher_is_better else dict(zip(SAID, reversed(SAID.values()), strict=True))
    found = [verdict(each, scale=one.scale) for each in compared]
    found = [replace(each, words=said.get(each.kind, each.words)) for each in found]
    table["verdict"] = [str(each) for each in found]
    table["verdict_kind"] = [each.kind for each in found]
    table["verdict_words"] = [each.words for each in found]
    table.attrs["measure"] = one
    return table[list(COLUMNS)]


def to_markdown(table: pd.DataFrame) -> str:
    """The comparison as Markdown.

    Args:
        table: what `compare` gave.
    """
    lines: list[str] = []
    for (reference, other), rows in table.groupby(["reference", "other"], sort=False):
        unlike = rows["unlike"].iloc[0]
        lines += [
            f"## {escape(other)} against {escape(reference)}",
            "",
            *([f"**Not alike:** {escape(unlike)}", ""] if unlike else []),
            _summed_up(table, rows),
            "",
            f"| {' | '.join(HEADS)} |",
            "|---|---|--:|--:|--:|--:|---|--:|",
            *(
                f"| {' | '.join([escape(design), escape(step), *figures])} |"
                for design, step, *figures in _cells(table, rows)
            ),
            "",
        ]
    return "\n".join(lines)


def terminal(table: pd.DataFrame) -> Group:
    """The comparison for a terminal.

    Args:
        table: what `compare` gave.
    """
    parts: list[RenderableType] = []
    for (reference, other), rows in table.groupby(["reference", "other"], sort=False):
        unlike = rows["unlike"].iloc[0]
        told = [*([f"Not alike: {unlike}"] if unlike else []), _summed_up(table, rows)]
        parts += [
            Text(printable(f"{other} against {reference}"), style="bold"),
            *(Text(printable(one)) for one in told),
        ]
        drawn = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        several = rows["design"].nunique() > 1
        for name in HEADS[0 if several else 1 :]:
            text = name in TEXTS
            drawn.add_column(name, justify="left" if text else "right", no_wrap=name not in TEXTS[:2])
        for cells in _cells(table, rows):
            drawn.add_row(*(Text(printable(cell)) for cell in cells[0 if several else 1 :]))
        parts.append(drawn)
    return Group(*parts)


def _summed_up(table: pd.DataFrame, rows: pd.DataFrame) -> str:
    measure = _measure(table)
    told = rows["verdict_kind"].isin(SAID).sum()
    of = "" if measure == ACCURACY else f", by {measure.phrase}"
    return (
        f"{told} of {len(rows)} steps differ (paired by seed, Holm's correction){of}. Differences in"
        f" {measure.scale.units}, with the interval that the verdict rests on."
    )


def _cells(table: pd.DataFrame, rows: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Texts under `HEADS`, row by row."""
    scale = _measure(table).scale
    for row in rows.itertuples():
        yield (
            str(row.design),
            str(row.step),
            str(row.n),
            scale.value(row.reference_mean),
            scale.value(row.other_mean),
            scale.difference(row.difference, row.difference_ci_low, row.difference_ci_high),
            str(row.verdict_words),
            factor(row.other_seconds / row.reference_seconds if row.reference_seconds else nan),
        )


def _measure(table: pd.DataFrame) -> Measure:
    return table.attrs.get("measure", ACCURACY)


def _pairs(reference: Results, other: Results, measure: Measure) -> pd.DataFrame:
    """Done trials of the reference beside those of another folder, by design, step and seed."""
    here, there = reference.folder.path, other.folder.path
    keys = ["design", "step", "seed"]
    figures = [measure.column, "train_seconds"]
    both = [done_trials(run).reindex(columns=[*keys, "position", *figures]) for run in (reference, other)]
    pairs = both[0].merge(both[1].drop(columns="position"), on=keys, suffixes=("", "_other"))
    if pairs.empty:
        raise UserError(f"compare: {here} and {there} have no done trial of the same design, step and seed")
    known = pairs.dropna(subset=[measure.column, f"{measure.column}_other"])
    if known.empty:
        raise UserError(f"compare: no pair of trials in {here} and {there} has {measure.name}")
    return known


def _check(reference: Results, other: Results) -> None:
    """Refuse what says nothing side by side.

    Raises:
        UserError: another study, another data set, or other test images.
    """
    here, there = reference.folder.path, other.folder.path
    manifests = reference.manifest, other.manifest
    for what, keys in (("study", ("study", "name")), ("dataset", ("dataset", "name"))):
        mine, theirs = (one[keys[0]][keys[1]] for one in manifests)
        if mine != theirs:
            raise UserError(
                f"compare: expected the same {what}, found {printable(mine)} in {here} and {printable(theirs)}"
                f" in {there}"
            )
    if manifests[0]["dataset"]["classes"] != manifests[1]["dataset"]["classes"]:
        raise UserError(f"compare: expected the same classes, found others in {here} than in {there}")


def _unlike(reference: Results, other: Results) -> list[str]:
    """What decides accuracies beside what is compared, and is not the same in two folders."""
    found = []
    mine, theirs = (run.manifest["dataset"] for run in (reference, other))
    if mine["sha256"] != theirs["sha256"]:
        sizes = [f"{one['train']:,}, {one['val']:,} and {one['test']:,}" for one in (mine, theirs)]
        what = (
            f": {sizes[0]} for training, validation and test there, {sizes[1]} here"
            if len({*sizes}) > 1
            else ""
        )
        found.append(f"The images are not the same (sha256){what}; part of every difference may be theirs.")
    elif len({draws_of(run.manifest) for run in (reference, other)}) > 1 or other_parts(
        reference.manifest, other.manifest
    ):
        found.append(
            "Trials of one seed were not trained on the same images: "
            + ", ".join(f"{_parts(run)} {place}" for run, place in ((reference, "there"), (other, "here")))
            + "; part of every difference may be theirs."
        )
    for key in ("preset", "protocol"):
        there, here = (str(run.manifest[key]) for run in (reference, other))
        if there != here:
            found.append(f"The {key} is {there} in the reference, {here} in the other.")
    settings = [
        {(step["design"], step["step"]): step for step in run.manifest["steps"]} for run in (reference, other)
    ]
    differing = [
        place[1]
        for place, step in settings[0].items()
        if place in settings[1] and any(step.get(key) != settings[1][place].get(key) for key in SETTINGS)
    ]
    if differing:
        more = f" and {len(differing) - MOST_NAMED} more" if len(differing) > MOST_NAMED else ""
        found.append(f"Steps of one name are not the same: {', '.join(differing[:MOST_NAMED])}{more}.")
    return found


def _parts(run: Results) -> str:
    return "each seed's own part" if "seed" in draws_of(run.manifest) else "one part for all seeds"


def _labels(runs: Sequence[Results]) -> list[str]:
    """A name for each folder: its own, and the settings in which the folders differ."""
    settings = [{key: _plain(run.manifest.get(key)) for key in KEYS} for run in runs]
    differing = [key for key in KEYS if len({one[key] for one in settings}) > 1]
    labels = [_label(run, one, differing) for run, one in zip(runs, settings, strict=True)]
    twice = {label for label in labels if labels.count(label) > 1}
    return [f"{label} #{i}" if label in twice else label for i, label in enumerate(labels, start=1)]


def _label(run: Results, setting: Mapping[str, str], differing: Sequence[str]) -> str:
    said = ", ".join(setting[key] for key in differing)
    return f"{run.folder.path.name} ({said})" if said else run.folder.path.name


def _plain(value: Any) -> str:
    return "unknown" if value is None else str(value)
