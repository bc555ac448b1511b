"""`ablation list`: the studies, tricks, datasets, measures, families of networks or designs that there are."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ablation.cli import exit_codes
from ablation.cli.printed import tell
from ablation.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from ablation.measures import Measure

HELP = "list studies, tricks, datasets, measures, families of networks or designs"
KINDS = ("studies", "tricks", "datasets", "measures", "families", "designs")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", metavar="|".join(KINDS), default="studies")


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
    elif given.what == "measures":
        from ablation import measures

        lines = [(name, _told(measures.get(name))) for name in measures.choices()]
    elif given.what == "families":
        from ablation.networks import families

        lines = [(name, families.card(name).partition("\n")[0]) for name in families.names()]
    elif given.what == "designs":
        from ablation.study import design

        lines = [(name, design.get(name).sentence) for name in design.names()]
    else:
        raise UserError(f"list: unknown '{given.what}'{did_you_mean(given.what, KINDS)}")
    width = max(len(name) for name, _ in lines)
    for name, title in lines:
        tell(f"{name:{width}}  {title}".rstrip(), hanging=width + 2)
    return exit_codes.DONE


def _told(measure: "Measure") -> str:
    """A measure in a line: its title, direction, margin and how many classes it takes."""
    direction = "higher is better" if measure.higher_is_better else "lower is better"
    classes = f", {measure.fewest_classes} classes or more" if measure.fewest_classes > 2 else ""
    return f"{measure.title}: {direction}, margin {measure.scale.size(measure.margin)}{classes}"
