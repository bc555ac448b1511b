"""`ablation list`: the studies, tricks, datasets, measures, families of networks or designs that there are."""

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ablation.cli import exit_codes
from ablation.cli.printed import tell
from ablation.errors import UserError, did_you_mean
from ablation.wording import first_line

if TYPE_CHECKING:
    from ablation.measures import Measure

HELP = "list studies, tricks, datasets, measures, families of networks or designs"

Lines = list[tuple[str, str]]
"""Name and title of each thing of a kind."""


def _studies() -> Lines:
    from ablation import study
    from ablation.places import STUDIES

    if not (names := study.names()):
        raise UserError(f"list: no studies in {STUDIES}; install ablation anew, or name a .yaml file")
    return [(name, study.title(name)) for name in names]


def _tricks() -> Lines:
    from ablation import tricks

    return [(name, first_line(tricks.card(name))) for name in tricks.names()]


def _datasets() -> Lines:
    from ablation import data

    return [(name, data.get(name).title) for name in data.names()]


def _measures() -> Lines:
    from ablation import measures

    return [(name, _told(measures.get(name))) for name in measures.choices()]


def _families() -> Lines:
    from ablation.networks import families

    return [(name, first_line(families.card(name))) for name in families.names()]


def _designs() -> Lines:
    from ablation.study import design

    return [(name, design.get(name).sentence) for name in design.names()]


KINDS: dict[str, Callable[[], Lines]] = {
    "studies": _studies,
    "tricks": _tricks,
    "datasets": _datasets,
    "measures": _measures,
    "families": _families,
    "designs": _designs,
}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", metavar="|".join(KINDS), default="studies")


def carry_out(given: argparse.Namespace, _: Sequence[str]) -> int:
    if given.what not in KINDS:
        raise UserError(f"list: unknown '{given.what}'{did_you_mean(given.what, KINDS)}")
    lines = KINDS[given.what]()
    width = max(len(name) for name, _ in lines)
    for name, title in lines:
        tell(f"{name:{width}}  {title}".rstrip(), hanging=width + 2)
    return exit_codes.DONE


def _told(measure: "Measure") -> str:
    """A measure in a line: its title, direction, margin and how many classes it takes."""
    direction = "higher is better" if measure.higher_is_better else "lower is better"
    classes = f", {measure.fewest_classes} classes or more" if measure.fewest_classes > 2 else ""
    return f"{measure.title}: {direction}, margin {measure.scale.size(measure.margin)}{classes}"
