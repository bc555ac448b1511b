"""`ablation export`: the table for a paper."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ablation.cli import exit_codes

HELP = "the table for a paper: LaTeX, Markdown or CSV, with sources and figures"
FORMATS, SPREADS = ("latex", "markdown", "csv"), ("interval", "deviation")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument(
        "--format", choices=FORMATS, default="latex", help="latex (booktabs), markdown or csv (latex)"
    )
    parser.add_argument(
        "--columns", default="", metavar="C[,C]",
        help="rung, n, test, val, train, gap, delta, p, verdict, parameters, flops, time, published, and of the study's"
        " measures NAME, NAME_delta, NAME_verdict",
    )  # fmt: skip
    parser.add_argument(
        "--spread",
        choices=SPREADS,
        default="interval",
        help="behind a mean: interval or deviation (interval)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write there, and FILE.bib beside it (standard output)"
    )
    parser.add_argument(
        "--figures", type=Path, metavar="DIR", help="also write the figures as PDF and SVG, a column wide"
    )


def carry_out(given: argparse.Namespace, _: Sequence[str]) -> int:
    from ablation.errors import UserError
    from ablation.files import check_replaceable, write_atomically
    from ablation.report import bibliography, column_figures, export, findings
    from ablation.results import read as results
    from ablation.runner.options import names

    found = findings.collect(results.load(given.folder))
    text = export.table(found, given.format, names(given.columns), given.spread)
    sources = bibliography.bibtex(found) if given.format != "csv" else ""
    if given.out is None:
        comment = "% " if given.format == "latex" else ""
        print(text, end="")
        if sources:
            print("".join(f"\n{comment}{line}".rstrip() for line in sources.splitlines()).rstrip())
    written: dict[Path, str | bytes] = {}
    if given.out is not None and sources:
        beside = given.out.with_suffix(".bib")
        if beside == given.out:
            raise UserError(f"--out {given.out}: expected a name for the table; the sources get .bib")
        written[beside] = f"% {export.CREATOR}\n{sources}"
    if given.figures is not None:
        written |= {given.figures / name: image for name, image in column_figures.drawn(found).items()}
    for file in written:
        check_replaceable(file, export.CREATOR)
    table: dict[Path, str | bytes] = {} if given.out is None else {given.out: text}
    for file, content in (table | written).items():
        write_atomically(file, content)
        print(file)
    return exit_codes.DONE
