"""The table for a paper: LaTeX with booktabs, Markdown or CSV; its sources as BibTeX, its figures a column wide."""

import csv
import functools
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from ablation import measures
from ablation.analysis import moderation
from ablation.analysis.judgement import judge, words_of
from ablation.analysis.verdicts import HELPS, HURTS, NONE
from ablation.errors import UserError, did_you_mean
from ablation.measures import Measure
from ablation.report import figures, style
from ablation.report.escape import markdown as markdown_escape
from ablation.report.escape import printable
from ablation.report.findings import FULL, Findings
from ablation.wording import FRACTION, Scale, count, duration, percent

FORMATS = ("latex", "markdown", "csv")
SPREADS = ("interval", "deviation")
DEFAULT = ("rung", "test", "gap", "delta", "published")
CREATOR = "ablation export"
"""Stands in every file that is written beside the table."""
COLUMN_WIDTH = 3.35  # inches, of a page with two columns
MARKS = {HELPS: "*", HURTS: "*", NONE: "="}
LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "−": "$-$", "–": "--", "×": r"$\times$",
    "<": "$<$", ">": "$>$",
}  # fmt: skip


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
        told = f" [{signed(row.delta_ci_low)}, {signed(row.delta_ci_high)}]" * (row.pairs > 1)
        return f"{signed(row.delta)}{told}"

    signed = found.scale.signed

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
        "published": Column(
            f"Published ({found.published_title})" if found.on_other_data else "Published",
            lambda row: percent(row.lecture_val).removesuffix(" %"), ("lecture_val",),
        ),
    } | {
        name: column for one in ((found.measure, *found.others) if found.others else ())
        for name, column in of_measure(one).items()
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


@functools.cache
def sources() -> dict[str, dict[str, str]]:
    """What cards cite, by their words: BibTeX fields, with `key` and `kind`."""
    text = (Path(__file__).parent / "citations.yaml").read_text(encoding="utf-8")
    return {
        name: {key: str(value) for key, value in entry.items()}
        for name, entry in yaml.safe_load(text).items()
    }


def cited(card: str) -> list[dict[str, str]]:
    """The sources that a card names, in its order."""
    source = re.search(r"Source:(.*?)(?:\n\s*\n|\n\s*[A-Z][\w ]*:|\Z)", card, re.DOTALL)
    words = " ".join(source[1].split()) if source else ""
    there = [(words.find(name), entry) for name, entry in sources().items() if name in words]
    return [entry for _, entry in sorted(there, key=lambda one: one[0])]


def citation_keys(found: Findings, row: Any) -> list[str]:
    """BibTeX keys of the tricks that a row's own step adds."""
    tricks = found.step(row.design, row.step)["tricks"]
    return list(dict.fromkeys(one["key"] for trick in tricks for one in cited(trick["card"])))


def bibtex(found: Findings) -> str:
    """The sources of the tricks in the table, an entry each, by key."""
    cards = [
        trick["card"]
        for row in found.rungs.itertuples()
        for trick in found.step(row.design, row.step)["tricks"]
    ]
    entries = {one["key"]: one for card in cards for one in cited(card)}
    return "\n".join(map(_entry, (entries[key] for key in sorted(entries))))


def at_column_width(figure: Figure, width: float = COLUMN_WIDTH) -> Figure:
    """A figure made as small as a column of a page, its letters and lines with it.

    Args:
        width: in inches.
    """
    wide, high = figure.get_size_inches()
    scale = width / wide
    figure.set_size_inches(width, high * scale)
    for text in figure.findobj(Text):
        text.set_fontsize(text.get_fontsize() * scale)
    for line in figure.findobj(Line2D):
        line.set_linewidth(line.get_linewidth() * scale)
        line.set_markersize(line.get_markersize() * scale)
    return figure


def drawn(found: Findings) -> dict[str, bytes]:
    """Every figure as PDF and SVG at a column's width, by file name."""
    files = {}
    for name, drawing in figures.drawings(found).items():
        figure = at_column_width(drawing.draw(found, wide=False))
        for kind in ("pdf", "svg"):
            buffer = io.BytesIO()
            with style.style(10):
                figure.savefig(buffer, format=kind, metadata=_NO_DATES[kind])
            files[f"{name}.{kind}"] = buffer.getvalue()
    return files


_NO_DATES: dict[str, dict[str, Any]] = {
    "pdf": {"Creator": CREATOR, "CreationDate": None},
    "svg": {"Creator": CREATOR, "Date": None},
}


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


def _entry(entry: dict[str, str]) -> str:
    # A second pair of braces keeps the capitals of a title, which BibTeX's styles lower.
    fields = [
        f"  {name} = {{{{{value}}}}}" if name == "title" else f"  {name} = {{{value}}}"
        for name, value in entry.items()
        if name not in ("key", "kind")
    ]
    return f"@{entry['kind']}{{{entry['key']},\n" + ",\n".join(fields) + "\n}\n"


def _p(p: float) -> str:
    return "–" if np.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"
