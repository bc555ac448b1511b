"""The table for a paper: LaTeX with booktabs, Markdown or CSV."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ablation import measures
from ablation.analysis import moderation
from ablation.analysis.judgement import judge, words_of
from ablation.analysis.verdicts import HELPS, HURTS, NONE
from ablation.errors import UserError, did_you_mean
from ablation.report.bibliography import citation_keys
from ablation.report.columns import columns
from ablation.report.escape import markdown as markdown_escape
from ablation.report.findings import FULL, Findings
from ablation.wording import printable

FORMATS = ("latex", "markdown", "csv")
SPREADS = ("interval", "deviation")
CREATOR = "ablation export"
"""Stands in every file that is written beside the table."""
DEFAULT = ("rung", "test", "gap", "delta", "published")
MARKS = {HELPS: "*", HURTS: "*", NONE: "="}
LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "−": "$-$", "–": "--", "×": r"$\times$",
    "<": "$<$", ">": "$>$",
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A table before it takes a form.

    Attributes:
        heads: of the columns.
        cells: a row of texts each.
        bold: places (row, column) of the best.
        marks: of significance, by place.
        legend: what the marks mean.
        keys: of the sources of each row's tricks.
    """

    heads: Sequence[str]
    cells: Sequence[Sequence[str]]
    bold: set[tuple[int, int]]
    marks: dict[tuple[int, int], str]
    legend: str
    keys: Sequence[Sequence[str]]


def table(found: Findings, form: str, chosen: Sequence[str] = (), spread: str = "interval") -> str:
    """The rungs of the headline's design.

    Args:
        form: of `FORMATS`.
        chosen: names of `columns`; empty for `DEFAULT`, without the published figures where there are none.
        spread: as `columns`.

    Raises:
        UserError: an unknown column.
    """
    known = columns(found, spread)
    for name in chosen:
        if name in measures.names() and name not in known:
            raise UserError(
                f"--columns {name}: the run does not report it; the run's command with --measures {name} does, and"
                " trains nothing anew"
            )
        if name not in known:
            raise UserError(f"--columns: unknown '{name}'{did_you_mean(name, known)}")
    names = list(chosen) or [name for name in DEFAULT if name != "published" or found.published]
    main = main_of(found)
    if not chosen:
        names = [main if name == "test" else name for name in names]
    rows = list(found.rungs.itertuples())
    if form == "csv":
        return _csv(found, [column for name in names for column in known[name].numbers])
    best = separable_best(found)
    heads = [known[name].head for name in names]
    cells = [[known[name].cell(row) for name in names] for row in rows]
    bold = {
        (index, names.index(main)) for index, row in enumerate(rows) if row.step == best and main in names
    }
    marks = {
        (index, names.index("delta")): MARKS.get(row.verdict_kind, "")
        for index, row in enumerate(rows)
        if "delta" in names
    }
    legend = _legend(found, spread, names, best)
    write = _latex if form == "latex" else _markdown
    keys = [citation_keys(found, row) for row in rows]
    return write(found, Drawn(heads, cells, bold, marks, legend, keys))


def main_of(found: Findings) -> str:
    """The column of the measure that decides."""
    return "test" if found.of_accuracy else found.measure.name


def separable_best(found: Findings) -> str | None:
    """The step of the best mean by the measure that decides, if the report's test says that it beats every other one:
    moderated paired t, Holm's correction over these comparisons.
    """
    rungs = found.rungs.dropna(subset=["measure_mean"])
    if len(rungs) < 2:
        return None
    means = rungs["measure_mean"] * (1 if found.measure.higher_is_better else -1)
    best = str(rungs.loc[means.idxmax(), "step"])
    done = found.done[found.done["design"] == found.design]
    seeds = done.pivot_table(index="seed", columns="step", values=found.measure.column)
    others = [step for step in rungs["step"] if step != best]
    _, estimates = moderation.estimates(
        [(seeds[best] - seeds[step]).dropna().to_numpy(float) for step in others]
    )
    judged = judge(estimates, words_of(found.measure), margin=found.measure.margin)
    beats_all = all(one.verdict == HELPS for one in judged)
    return best if beats_all else None


def _legend(found: Findings, spread: str, names: Sequence[str], best: str | None) -> str:
    seeds = found.rungs["n"].max()
    told = [f"{found.setting}."]
    if seeds > 1:
        words = "95 % intervals" if spread == "interval" else "standard deviations"
        told.append(f"Mean over {seeds} seeds, ± {words} over seeds.")
    if "gap" in names:
        told.append("Gap: training minus test accuracy, in points.")
    if "delta" in names:
        told.append(
            f"Delta: {found.scale.unit or found.measure.phrase} against the step's base, paired by seed, [ ] the"
            f" interval that the verdict rests on. *: differs at .05 after Holm's correction; =: no difference, within"
            f" ±{found.margin}; unmarked: open."
        )
    if "published" in names and found.manifest["preset"] != FULL:
        told.append("Published figures are of larger networks, more images or longer trainings.")
    if main_of(found) in names and best is not None:
        told.append("Bold: better than every other step (moderated paired t, Holm).")
    return " ".join(told)


def _csv(found: Findings, wanted: Sequence[str]) -> str:
    buffer = io.StringIO()
    lines = csv.writer(buffer, lineterminator="\n")
    lines.writerow(wanted)
    for row in found.rungs[list(wanted)].itertuples(index=False):
        lines.writerow(["" if value != value else value for value in row])
    return buffer.getvalue()


def _latex(found: Findings, drawn: Drawn) -> str:
    def cell(row: int, column: int) -> str:
        text = latex_escape(drawn.cells[row][column])
        if (row, column) in drawn.bold:
            text = rf"\textbf{{{text}}}"
        if mark := drawn.marks.get((row, column)):
            text += f"$^{{{mark}}}$"
        return text + (rf"~\cite{{{','.join(drawn.keys[row])}}}" if column == 0 and drawn.keys[row] else "")

    label = re.sub(r"[^a-z0-9]+", "-", str(found.manifest["study"]["name"]).lower())
    lines = [
        r"% needs \usepackage{booktabs}; table* is as wide as the page where that has two columns",
        r"\begin{table*}",
        r"  \centering\small",
        rf"  \caption{{{latex_escape(str(found.manifest['study']['title']))}. {latex_escape(drawn.legend)}}}",
        rf"  \label{{tab:{label}}}",
        r"  \smallskip",
        rf"  \begin{{tabular}}{{l{'r' * (len(drawn.heads) - 1)}}}",
        r"    \toprule",
        f"    {' & '.join(map(latex_escape, drawn.heads))} \\\\",
        r"    \midrule",
        *(
            f"    {' & '.join(cell(row, column) for column in range(len(drawn.heads)))} \\\\"
            for row in range(len(drawn.cells))
        ),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"


def _markdown(found: Findings, drawn: Drawn) -> str:
    def cell(row: int, column: int) -> str:
        text = markdown_escape(drawn.cells[row][column])
        text = f"**{text}**" if (row, column) in drawn.bold else text
        mark = markdown_escape(drawn.marks.get((row, column), ""))
        return (
            text
            + mark
            + (
                f" [{', '.join(f'@{key}' for key in drawn.keys[row])}]"
                if column == 0 and drawn.keys[row]
                else ""
            )
        )

    lines = [
        f"| {' | '.join(map(markdown_escape, drawn.heads))} |",
        f"|---{'|--:' * (len(drawn.heads) - 1)}|",
        *(
            f"| {' | '.join(cell(row, column) for column in range(len(drawn.heads)))} |"
            for row in range(len(drawn.cells))
        ),
        "",
        markdown_escape(f"{found.manifest['study']['title']}. {drawn.legend}"),
    ]
    return "\n".join(lines) + "\n"


def latex_escape(text: str) -> str:
    """Text that LaTeX shows as it is."""
    return "".join(LATEX.get(letter, letter) for letter in printable(text))
