"""Several results folders of one study side by side: two precisions, two backends, two commits."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ablation.analysis.intervals import estimate, holm
from ablation.analysis.tables import done_trials
from ablation.analysis.verdicts import HELPS, HURTS, verdict
from ablation.errors import UserError
from ablation.report.text import escape
from ablation.results.read import Results, load
from ablation.wording import difference, percent

COLUMNS = (
    "reference", "other", "design", "step", "position", "n", "reference_mean", "other_mean", "difference",
    "difference_ci_low", "difference_ci_high", "p_holm", "verdict", "reference_seconds", "other_seconds",
)  # fmt: skip
KEYS = ("preset", "protocol", "precision", "backend", "device", "git_commit")


def compare(folders: Sequence[Path]) -> pd.DataFrame:
    """Test accuracies of other folders against the first one's, paired by step and seed.

    Args:
        folders: two or more results folders; the first is the reference.

    Returns:
        A row for each other folder and each step that both have: reference and other (labels that say in what
        the folders differ), design, step, position, n (pairs of seeds), mean test accuracies over those
        pairs, their difference (other minus reference, a fraction) with its 95 % interval, p_holm (corrected
        for all rows), verdict in words, mean training seconds of a trial.

    Raises:
        UserError: fewer than two folders, one without a done trial, other images, or no step and seed in
            common.
    """
    if len(folders) < 2:
        raise UserError(f"compare: expected two or more results folders, found {len(folders)}")
    runs = [load(folder) for folder in folders]
    labels = _labels(runs)
    rows: list[dict[str, Any]] = []
    deltas = []
    for other, label in zip(runs[1:], labels[1:], strict=True):
        pairs = _pairs(runs[0], other)
        for (design, step, position), pair in pairs.groupby(["design", "step", "position"], sort=False):
            delta = estimate((pair["test_accuracy_other"] - pair["test_accuracy"]).to_numpy(float))
            deltas.append(delta)
            rows.append(
                {
                    "reference": labels[0],
                    "other": label,
                    "design": design,
                    "step": step,
                    "position": position,
                    "n": delta.n,
                    "reference_mean": pair["test_accuracy"].mean(),
                    "other_mean": pair["test_accuracy_other"].mean(),
                    "difference": delta.mean,
                    "difference_ci_low": delta.low,
                    "difference_ci_high": delta.high,
                    "reference_seconds": pair["train_seconds"].mean(),
                    "other_seconds": pair["train_seconds_other"].mean(),
                }
            )
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(np.array([delta.p for delta in deltas]))
    words = [verdict(delta, p) for delta, p in zip(deltas, table["p_holm"], strict=True)]
    table["verdict"] = [text.replace(HELPS, "higher").replace(HURTS, "lower") for text in words]
    return table[list(COLUMNS)]


def to_markdown(table: pd.DataFrame) -> str:
    """The comparison as Markdown.

    Args:
        table: what `compare` gave.
    """
    lines = []
    for (reference, other), rows in table.groupby(["reference", "other"], sort=False):
        told = rows["verdict"].str.startswith(("higher", "lower")).sum()
        lines += [
            f"## {escape(other)} against {escape(reference)}",
            "",
            f"{told} of {len(rows)} steps differ (paired by seed, Holm's correction). Differences in points,"
            " with 95 % intervals.",
            "",
            "| design | rung | n | reference | other | difference | verdict | training time |",
            "|---|---|--:|--:|--:|--:|---|--:|",
        ]
        for row in rows.itertuples():
            cells = (
                escape(str(row.design)),
                escape(str(row.step)),
                str(row.n),
                percent(row.reference_mean),
                percent(row.other_mean),
                difference(row.difference, row.difference_ci_low, row.difference_ci_high),
                row.verdict.split(":")[0],
                f"x {row.other_seconds / row.reference_seconds:.2f}" if row.reference_seconds else "–",
            )
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _pairs(reference: Results, other: Results) -> pd.DataFrame:
    """Done trials of the reference beside those of another folder, by design, step and seed."""
    here, there = reference.folder.path, other.folder.path
    names = [run.manifest["dataset"]["name"] for run in (reference, other)]
    if names[0] != names[1]:
        raise UserError(
            f"compare: expected the same dataset, found {names[0]} in {here} and {names[1]} in {there}"
        )
    keys = ["design", "step", "seed"]
    pairs = done_trials(reference).merge(
        done_trials(other)[[*keys, "test_accuracy", "train_seconds"]], on=keys, suffixes=("", "_other")
    )
    if pairs.empty:
        raise UserError(f"compare: {here} and {there} have no done trial of the same design, step and seed")
    return pairs


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
