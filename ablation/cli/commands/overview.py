"""`ablation overview`: a page over all runs of a results tree."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ablation.cli import exit_codes

HELP = "a page over all runs of a results tree"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", default=Path("results"), metavar="DIR")


def carry_out(given: argparse.Namespace, _: Sequence[str]) -> int:
    from ablation.files import check_replaceable, write_atomically
    from ablation.report import overview

    file = given.folder / "index.html"
    page = overview.html(given.folder)
    check_replaceable(file, overview.MARK)
    write_atomically(file, page)
    print(file)
    return exit_codes.DONE
