"""`ablation list`: the studies, tricks or datasets that there are."""

import argparse
from collections.abc import Sequence

from ablation.cli import exit_codes
from ablation.errors import UserError, did_you_mean

HELP = "list studies, tricks or datasets"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", metavar="studies|tricks|datasets", default="studies")


def carry_out(given: argparse.Namespace, _: Sequence[str]) -> int:
    if given.what == "studies":
        from ablation import study
        from ablation.places import STUDIES

        lines = [(name, study.title(name)) for name in study.names()]
        if not lines:
            raise UserError(f"list: no studies in {STUDIES}; install ablation anew, or name a .yaml file")
    elif given.what == "tricks":
        from ablation import tricks

        lines = [(name, tricks.card(name).partition("\n")[0]) for name in tricks.names()]
    elif given.what == "datasets":
        from ablation import data

        lines = [(name, data.get(name).title) for name in data.names()]
    else:
        raise UserError(
            f"list: unknown '{given.what}'{did_you_mean(given.what, ('studies', 'tricks', 'datasets'))}"
        )
    width = max(len(name) for name, _ in lines)
    for name, title in lines:
        print(f"{name:{width}}  {title}".rstrip())
    return exit_codes.DONE
