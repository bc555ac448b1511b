"""A results folder as a notebook shows it: headline, a table of verdicts, what to know before believing it."""

from typing import Any

from ablation.report import text
from ablation.report.caveats import caveats
from ablation.report.findings import Findings
from ablation.report.headline import headline, short_verdict
from ablation.report.templates import environment
from ablation.wording import percent

LEFT = ("rung", "verdict", "learns")


def html(found: Findings) -> str:
    """A fragment of HTML that needs no script and no other file; all text from the results is escaped."""
    heads = ["rung", text.head(found), "gap", "delta"]
    if not found.smoke:
        heads += ["verdict"] + ["published"] * (found.of_accuracy and found.published)
    heads += ["learns"] * found.shows_learning
    designs = [
        {"name": found.design_name(str(design)), "rows": _rows(found, str(design), rows)}
        for design, rows in found.table.groupby("design", sort=False)
    ]
    return (
        environment()
        .get_template("notebook.html.j2")
        .render(
            found=found,
            headline=headline(found),
            heads=heads,
            left=LEFT,
            designs=designs,
            legend=text.legend(found),
            caveats=caveats(found),
        )
    )


def _rows(found: Findings, design: str, rows: Any) -> list[dict[str, str]]:
    """Cells by column: of a step, or of a trick whose Shapley value the design gives."""
    if design in found.averaged:
        values = text.shapley_values(found, design)
        return [{"rung": trick, "delta": value, "verdict": words} for trick, value, words in values]
    return [
        {
            "rung": text.row_title(found, row),
            text.head(found): found.scale.spread(row.measure_mean, row.measure_ci_low),
            "gap": text.gap_cell(found, row),
            "delta": found.scale.difference(row.delta, row.delta_ci_low, row.delta_ci_high),
            "verdict": short_verdict(found, row),
            "published": percent(row.lecture_val),
            "learns": row.learns,
        }
        for row in rows.itertuples()
    ]
