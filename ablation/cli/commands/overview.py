"""`ablation overview`: a page over all runs of a results tree."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ablation.cli import exit_codes

HELP = "a page over all runs of a results tree"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", default=Path("results"), metavar="DIR")


def carry_out(given: argparse.Namespace, _: Sequence[str]) -> int:
    from ablation.files import write_atomically
    from ablation.report import overview

    file = given.folder / "index.html"
    write_atomically(file, overview.html(given.folder))
    print(file)
    return exit_codes.DONE
