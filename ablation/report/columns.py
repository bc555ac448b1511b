"""The columns that an exported table may have."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ablation.measures import Measure
from ablation.report.findings import Findings
from ablation.wording import FRACTION, Scale, count, duration, percent


@dataclass(frozen=True)
class Column:
    """What a column shows.

    Attributes:
        head: over it.
        cell: a row of `summary` as a named tuple -> text.
        numbers: of `summary`, for CSV; by default what the column is called there.
    """

    head: str
    cell: Callable[[Any], str]
    numbers: tuple[str, ...]


def columns(found: Findings, spread: str) -> dict[str, Column]:
    """Every column that a table may have, by name.

    Args:
        spread: `interval` for 95 % intervals, `deviation` for standard deviations over seeds.
    """
    done = found.done[found.done["design"] == found.design].groupby("step")

    def mean(column: str, figure: str, low: str, scale: Scale = FRACTION) -> Callable[[Any], str]:
        deviations = done[column].std()

        def cell(row: Any) -> str:
            value = getattr(row, figure)
            half = value - getattr(row, low) if spread == "interval" else deviations.get(row.step, np.nan)
            if np.isnan(value):
                return "–"
            return scale.number(value) + ("" if np.isnan(half) else f" ± {scale.number(half)}")

        return cell

    def of_measure(measure: Measure) -> dict[str, Column]:
        name, scale = f"measure_{measure.name}", measure.scale
        head = f"{measure.title} ({scale.sign.strip() or scale.unit})".removesuffix(" ()")
        ends = tuple(f"{name}_{part}" for part in ("delta", "delta_low", "delta_high"))
        means = tuple(f"{name}_{part}" for part in ("mean", "ci_low", "ci_high"))

        def cell(row: Any) -> str:
            delta, low, high = (getattr(row, end) for end in ends)
            return scale.difference(delta, low, high) or "–"

        return {
            measure.name: Column(head, mean(measure.column, means[0], means[1], scale), means),
            f"{measure.name}_delta": Column(f"Delta, {measure.phrase}", cell, ends),
            f"{measure.name}_verdict": Column(
                f"Verdict, {measure.phrase}", lambda row: getattr(row, f"{name}_verdict_kind") or "–",
                (f"{name}_verdict_kind",),
            ),
        }  # fmt: skip

    def delta(row: Any) -> str:
        if not row.pairs:
            return "–"
        return found.scale.difference(row.delta, row.delta_ci_low, row.delta_ci_high)

    return {
        "rung": Column("Step", found.title, ("step",)),
        "n": Column("n", lambda row: str(row.n), ("n",)),
        "test": Column(
            "Test (%)", mean("test_accuracy", "test_mean", "test_ci_low"),
            ("test_mean", "test_ci_low", "test_ci_high"),
        ),
        "val": Column("Val. (%)", lambda row: percent(row.val_mean).removesuffix(" %"), ("val_mean",)),
        "train": Column("Train (%)", lambda row: percent(row.train_mean).removesuffix(" %"), ("train_mean",)),
        "gap": Column("Gap", mean("gap", "gap_mean", "gap_ci_low"), ("gap_mean", "gap_ci_low", "gap_ci_high")),
        "delta": Column("Delta", delta, ("delta", "delta_ci_low", "delta_ci_high")),
        "p": Column("p (Holm)", lambda row: _p(row.p_holm), ("p_holm",)),
        "verdict": Column("Verdict", lambda row: row.verdict_kind or "–", ("verdict_kind",)),
        "parameters": Column("Params", lambda row: count(row.parameters), ("parameters",)),
        "flops": Column("FLOPs", lambda row: count(row.flops_per_image), ("flops_per_image",)),
        "time": Column("Time", lambda row: duration(row.train_seconds), ("train_seconds",)),
        "time_factor": Column(
            "Time factor", found.time_told,
            ("time_factor", "time_factor_low", "time_factor_high"),
        ),
        "published": Column(
            f"Published ({found.published_title})" if found.on_other_data else "Published",
            lambda row: percent(row.lecture_val).removesuffix(" %"), ("lecture_val",),
        ),
    } | {
        name: column for one in ((found.measure, *found.others) if found.others else ())
        for name, column in of_measure(one).items()
    }  # fmt: skip


def _p(p: float) -> str:
    return "–" if np.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"
