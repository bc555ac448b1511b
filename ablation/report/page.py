"""`report.html`: one file that needs nothing else, in light and dark, on paper and on a phone."""

import base64
import functools
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup

from ablation import wording
from ablation.analysis.confusion import largest, rates
from ablation.analysis.steps import Step, Steps, steps_of
from ablation.analysis.verdicts import HELPS, HURTS, NARROWS, NONE, OPEN, WIDENS
from ablation.report import figures, ladder_curves, marks, series, sheets, style, text, turned
from ablation.report.caveats import caveats
from ablation.report.findings import MOST_DRAWN, Findings
from ablation.report.headline import UNMEASURED, short_verdict, story, verdicts
from ablation.report.how_judged import how_judged
from ablation.report.templates import FOLDER, environment

DRAWN_CLASSES = 12
CHIPS = {HELPS: "helps", HURTS: "hurts", NONE: "same", OPEN: "open", NARROWS: "helps", WIDENS: "hurts"}
WORDS = {NARROWS: "narrows the gap", WIDENS: "widens the gap"}


def html(found: Findings) -> str:
    """The report as one HTML page: no other file, no network; all text from the results is escaped."""
    templates = environment()
    templates.filters |= {
        "percent": wording.percent,
        "signed": wording.signed,
        "points": wording.gap_points,
        "count": wording.count,
        "duration": wording.duration,
        "number": _number,
        "json": functools.partial(json.dumps, separators=(",", ":")),
        "reflowed": wording.reflowed,
    }
    script = (FOLDER / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return templates.get_template("report.html.j2").render(
        found=found,
        story=story(found),
        told=[(kind, CHIPS[kind], WORDS.get(kind, kind), tricks) for kind, tricks in verdicts(found)],
        test=text.head(found),
        how_judged=" ".join(how_judged(found)),
        caveats=caveats(found),
        plots=_plots(found),
        chart=ladder_curves.chart(found),
        designs=_designs(found),
        sheets=sheets.sheets(found),
        provenance=text.provenance(found),
        css=Markup((FOLDER / "report.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_digest=digest,
    )


def _plots(found: Findings) -> list[dict[str, Any]]:
    """The large figures as SVG elements: text of the results in them was escaped on drawing."""
    return [
        {
            "heading": figure.HEADING,
            "svg": Markup(style.svg(figure.draw(found, wide=False), figure.alt(found))),
            "caption": figure.caption(found),
        }
        for figure in figures.drawings(found).values()
        if figure.IN_PAGE
    ]


def _designs(found: Findings) -> list[dict[str, Any]]:
    """Per design: its name, whether it is one of orders, the rows of its table with the sections of the rungs."""
    shown = found.one_variant(found.table[found.table["control"] == ""])
    trials = found.done.merge(shown[["design", "step"]])
    epochs = found.results.epochs[found.results.epochs["config_hash"].isin(trials["config_hash"])]
    axis = {
        "epochs": int(epochs["epoch"].max()) if len(epochs) else 1,
        "floor": math.floor(5 * epochs[["accuracy", "val_accuracy"]].min().min()) / 5 if len(epochs) else 0.0,
    }
    designs, steps = [], steps_of(found.results)
    for design, table in found.table[found.table["control"] == ""].groupby("design", sort=False):
        rows = [
            _row(found, row, cost) for row, cost in zip(table.itertuples(), _costs(found, table), strict=True)
        ]
        orders = design in found.averaged
        if not orders and design in set(shown["design"]):
            for row in rows[:MOST_DRAWN]:
                row["section"] = _section(found, steps, row, axis) if row["figures"].n else None
        designs.append({"name": found.design_name(str(design)), "rows": rows, "orders": orders})
    return designs


def _costs(found: Findings, table: Any) -> list[Any]:
    return list(found.costs.loc[table.index].itertuples())


def _row(found: Findings, row: Any, cost: Any) -> dict[str, Any]:
    """What the table says of a rung; `anchor` links it to its section."""
    return {
        "title": found.title(row),
        "figures": row,
        "cost": cost,
        "test": found.scale.spread(row.measure_mean, row.measure_ci_low),
        "delta": found.scale.difference(row.delta, row.delta_ci_low, row.delta_ci_high),
        "verdict": short_verdict(found, row),
        "chip": "none" if found.smoke else CHIPS.get(row.verdict_kind, "none"),
        "gap": wording.difference(row.gap_delta, row.gap_delta_low, row.gap_delta_high),
        "gap_verdict": UNMEASURED if row.gap_verdict_kind and found.smoke else row.gap_verdict_kind,
        "gap_chip": "none" if found.smoke else CHIPS.get(row.gap_verdict_kind, "none"),
        "anchor": f"rung-{row.Index}",
        "time": found.time_told(row),
        "detectable": found.scale.amount(row.mde),
        "section": None,
    }


def _section(
    found: Findings, steps: Steps, row: Mapping[str, Any], axis: Mapping[str, Any]
) -> dict[str, Any]:
    """What the section of a rung shows beyond its row."""
    row_figures = row["figures"]
    step = found.step(row_figures.design, row_figures.step)
    design, name = row_figures.design, row_figures.step
    curves = {column: series.curve(found, design, name, column) for column, _, _ in series.CURVES}
    said = []
    for column, _, label in series.CURVES:
        mean = series.mean_curve(curves[column])
        said += [f"{label} ends at {wording.percent(mean.iloc[-1])}"] if len(mean) else []
    words = f"Learning curves of {row['title']}: {', '.join(said)}."
    return {
        "step": step,
        "curves": Markup(marks.curves(curves, axis["epochs"], axis["floor"], words)) if said else None,
        "bootstrap": found.scale.interval(row_figures.delta_bootstrap_low, row_figures.delta_bootstrap_high),
        "confusion": _confusion(found, steps, step, row["title"]),
        "turned": turned.images(found, steps, step),
        "counts": turned.counts(found, step, row["title"]),
        "samples": base64.b64encode(found.results.samples(step) or b"").decode(),
    }


def _confusion(found: Findings, steps: Steps, step: Step, title: str) -> dict[str, Any] | None:
    """How a step changed which classes are recognised; None where it or its base has no confusion matrix."""
    base = steps.base(step)
    if base is None:
        return None
    after, before = (_rates(found, steps, one) for one in (step, base))
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


def _rates(found: Findings, steps: Steps, step: Step) -> np.ndarray | None:
    counts = [found.results.confusion(one) for one in steps.trials(step)["config_hash"]]
    known = [matrix for matrix in counts if matrix is not None]
    return rates(known) if known else None


def _number(value: float, form: str = ".2g") -> str:
    """A number, or a dash where it is unknown, or words where it has no end."""
    if math.isnan(value):
        return "–"
    return format(value, form) if math.isfinite(value) else "more than 100,000"
