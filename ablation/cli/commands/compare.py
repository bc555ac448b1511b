"""`ablation compare`: several results folders side by side."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ablation.cli import exit_codes

HELP = "put several results folders side by side"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument(
        "--measure", default="", metavar="M", help="of `ablation list measures` (what decides)"
    )


def carry_out(given: argparse.Namespace, _: Sequence[str]) -> int:
    from ablation.report import compare
    from ablation.terminal import Terminal

    shown, table = Terminal(), compare.compare(given.folders, given.measure)
    if shown.is_terminal:
        shown.print(compare.terminal(table))
    else:
        print(compare.to_markdown(table))
    return exit_codes.DONE
