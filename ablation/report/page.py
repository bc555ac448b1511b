"""`report.html`: one file that needs nothing else, in light and dark, on paper and on a phone."""

import base64
import hashlib
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from ablation import wording
from ablation.analysis.confusion import largest, rates
from ablation.analysis.tables import ORDERS, base_design, base_of, of_step
from ablation.analysis.verdicts import HELPS, HURTS, OPEN, kind
from ablation.report import figures, findings, marks, sheets, style, text
from ablation.report.findings import Findings

FOLDER = Path(__file__).parent
DRAWN_CLASSES = 12
CHIPS = {HELPS: "helps", HURTS: "hurts", OPEN: "open"}


def html(found: Findings) -> str:
    """The report as one HTML page: no other file, no network; all text from the results is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": wording.percent,
        "signed": wording.signed,
        "points": wording.gap_points,
        "count": wording.count,
        "duration": wording.duration,
        "number": _number,
        "reflowed": _reflowed,
    }
    script = (FOLDER / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html.j2").render(
        found=found,
        headline=findings.headline(found),
        warnings=findings.warnings(found),
        plots=_plots(found),
        designs=_designs(found),
        sheets=sheets.sheets(found),
        provenance=text.provenance(found),
        css=Markup((FOLDER / "report.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_digest=digest,
    )


def alt(found: Findings, name: str) -> str:
    """What a figure shows, in words and figures, for a reader who cannot see it."""
    rungs = list(found.rungs.itertuples())
    each = {
        "ladder": ("Test accuracy a rung", [wording.percent(row.test_mean) for row in rungs]),
        "gap": (
            "Gap between training and test accuracy a rung",
            [wording.gap_points(row.gap_mean) for row in rungs],
        ),
        "delta": (
            "Change of test accuracy against the base",
            [
                f"{wording.signed(row.delta)} points, {row.verdict.split(':')[0] or 'no base'}"
                for row in rungs
            ],
        ),
        "cost": (
            "Test accuracy against training time and FLOPs",
            [
                f"{wording.percent(row.test_mean)} in {wording.duration(row.train_seconds)} and"
                f" {wording.count(row.flops_per_image)} FLOPs"
                for row in rungs
            ],
        ),
    }
    told = {
        "designs": "What each trick adds, by design",
        "grid": "Training accuracy",
        "budgets": "What each step changes, by number of epochs",
        "protocols": "Test accuracy by protocol",
    }
    if name in told:
        return f"{told[name]}: {'; '.join(_said(found, name))}."
    what, values = each[name]
    said = [f"{found.title(row)} {value}" for row, value in zip(rungs, values, strict=True)]
    return f"{what}: {'; '.join(said)}."


def _said(found: Findings, name: str) -> list[str]:
    """The points of a figure that compares designs, budgets or protocols."""
    if name == "designs":
        return [
            f"{row.trick} ({findings.design_name(row.design)}) {wording.signed(row.value)} points"
            for row in findings.one_variant(found.contributions).itertuples()
        ]
    if name == "grid":
        return [
            f"{row.row}, {row.column} {wording.percent(row.train_mean)} (learns: {row.learns})"
            for row in found.grid.itertuples()
        ]
    if name == "budgets":
        return [
            f"{sheets.name(found, row.design, row.step)}, {row.epochs} epochs: {wording.signed(row.delta)} points"
            for row in found.budgets.itertuples()
        ]
    return [
        f"{sheets.name(found, row.design, row.step)}: honest {wording.percent(row.honest_test)}, lecture"
        f" {wording.percent(row.lecture_best)}"
        for row in found.protocols.itertuples()
    ]


def _plots(found: Findings) -> dict[str, Markup]:
    """The large figures by name, as SVG elements: text of the results in them was escaped on drawing."""
    return {
        name: Markup(style.svg(draw(found, wide=False), alt(found, name)))
        for name, draw in figures.drawings(found).items()
        if draw is not figures.curves
    }


def _designs(found: Findings) -> list[dict[str, Any]]:
    """Per design: its name, whether it is one of orders, the rows of its table with the sections of the rungs."""
    shown = findings.one_variant(found.table[found.table["control"] == ""])
    trials = found.done.merge(shown[["design", "step"]])
    epochs = found.results.epochs[found.results.epochs["config_hash"].isin(trials["config_hash"])]
    axis = {
        "epochs": int(epochs["epoch"].max()) if len(epochs) else 1,
        "floor": math.floor(5 * epochs[["accuracy", "val_accuracy"]].min().min()) / 5 if len(epochs) else 0.0,
    }
    designs = []
    for design, table in found.table[found.table["control"] == ""].groupby("design", sort=False):
        rows = [
            _row(found, row, cost) for row, cost in zip(table.itertuples(), _costs(found, table), strict=True)
        ]
        orders = base_design(str(design)) == ORDERS
        if not orders and design in set(shown["design"]):
            for row in rows:
                row["section"] = _section(found, row, axis) if row["figures"].n else None
        designs.append({"name": findings.design_name(str(design)), "rows": rows, "orders": orders})
    return designs


def _costs(found: Findings, table: Any) -> list[Any]:
    return list(found.costs.loc[table.index].itertuples())


def _row(found: Findings, row: Any, cost: Any) -> dict[str, Any]:
    """What the table says of a rung; `anchor` links it to its section."""
    return {
        "title": found.title(row),
        "figures": row,
        "cost": cost,
        "test": wording.spread(row.test_mean, row.test_ci_low),
        "delta": wording.difference(row.delta, row.delta_ci_low, row.delta_ci_high),
        "verdict": findings.short_verdict(row),
        "chip": CHIPS.get(kind(row.verdict), "none"),
        "anchor": f"rung-{row.Index}",
        "section": None,
    }


def _section(found: Findings, row: Mapping[str, Any], axis: Mapping[str, Any]) -> dict[str, Any]:
    """What the section of a rung shows beyond its row."""
    row_figures = row["figures"]
    step = found.step(row_figures.design, row_figures.step)
    design, name = row_figures.design, row_figures.step
    curves = {column: figures.curve(found, design, name, column) for column, _, _ in figures.CURVES}
    said = []
    for column, _, label in figures.CURVES:
        mean = figures.mean_curve(curves[column])
        said += [f"{label} ends at {wording.percent(mean.iloc[-1])}"] if len(mean) else []
    words = f"Learning curves of {row['title']}: {', '.join(said)}."
    return {
        "step": step,
        "curves": Markup(marks.curves(curves, axis["epochs"], axis["floor"], words)) if said else None,
        "bootstrap": wording.interval(row_figures.delta_bootstrap_low, row_figures.delta_bootstrap_high),
        "confusion": _confusion(found, step, row["title"]),
        "samples": base64.b64encode(found.results.samples(step) or b"").decode(),
    }


def _confusion(found: Findings, step: dict[str, Any], title: str) -> dict[str, Any] | None:
    """How a step changed which classes are recognised; None where it or its base has no confusion matrix."""
    base = base_of(step, found.manifest["steps"])
    if base is None:
        return None
    after, before = (_rates(found, one) for one in (step, base))
    if after is None or before is None or after.shape != before.shape:
        return None
    classes, change = found.manifest["dataset"]["classes"], after - before
    recalls = [
        {"name": classes[i], "before": before[i, i], "after": after[i, i]}
        for (i,) in largest(np.diag(change), 4)
    ]
    mistakes = [
        {"truth": classes[i], "taken": classes[j], "before": before[i, j], "after": after[i, j]}
        for i, j in largest(change - np.diag(np.diag(change)), 3)
    ]
    drawing = None
    if len(classes) <= DRAWN_CLASSES:
        said = [f"{one['name']} {wording.signed(one['after'] - one['before'])} points" for one in recalls]
        words = (
            f"Change of the confusion matrix by {title}; most changed classes: {', '.join(said) or 'none'}."
        )
        drawing = Markup(marks.confusion_change(change, classes, words))
    return {
        "recalls": recalls,
        "mistakes": mistakes,
        "drawing": drawing,
        "base": base["title"] or base["step"],
    }


def _rates(found: Findings, step: dict[str, Any]) -> np.ndarray | None:
    counts = [found.results.confusion(one) for one in of_step(found.done, step)["config_hash"]]
    known = [matrix for matrix in counts if matrix is not None]
    return rates(known) if known else None


def _reflowed(card: str) -> str:
    """A card without the line breaks inside its sentences; lines that begin with a word and a colon stay apart."""
    return re.sub(r"(?<=\S)\n(?!\n|\s*[\w ]+:(?:\s|$))\s*", " ", card)


def _number(value: float, form: str = ".2g") -> str:
    """A number, or a dash where it is unknown, or words where it has no end."""
    if math.isnan(value):
        return "–"
    return format(value, form) if math.isfinite(value) else "more than 100,000"
