"""`ablation report`: rebuild what a results folder shows."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ablation.cli import exit_codes

HELP = "rebuild tables, figures and pages of a results folder"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR")


def carry_out(given: argparse.Namespace, _: Sequence[str]) -> int:
    from ablation import report
    from ablation.search import report as search_report

    search = (given.folder / search_report.NOTES).exists()
    for file in (search_report if search else report).write(given.folder):
        print(file)
    return exit_codes.DONE
