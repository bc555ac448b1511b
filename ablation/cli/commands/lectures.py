"""`ablation lectures`: every row of the lectures, published and ours."""

import argparse
from collections.abc import Sequence

from ablation.cli import exit_codes

HELP = "every row of the lectures: what runs it, published and ours"


def add_options(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def carry_out(given: argparse.Namespace, _: Sequence[str]) -> int:
    from ablation.lectures.document import document

    print(document(), end="")
    return exit_codes.DONE
