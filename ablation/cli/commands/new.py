"""`ablation new`: begin a trick, layer, data set, network, measure, observer or study of one's own."""

import argparse
import keyword
import re
from collections.abc import Sequence
from pathlib import Path

from ablation import own_code
from ablation.cli import exit_codes
from ablation.cli.starts import KINDS, started
from ablation.errors import UserError, did_you_mean
from ablation.files import write_atomically

HELP = "begin a trick, layer, dataset, network, measure, observer or study of your own"
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="|".join(KINDS))
    parser.add_argument("name", metavar="NAME")
    parser.add_argument(
        "--in", dest="folder", type=Path, metavar="DIR", help="the folder for --code (--code, or code)"
    )


def carry_out(given: argparse.Namespace, _: Sequence[str]) -> int:
    if given.kind not in KINDS:
        raise UserError(f"new: unknown '{given.kind}'{did_you_mean(given.kind, KINDS)}")
    if not NAME.fullmatch(given.name) or keyword.iskeyword(given.name):
        raise UserError(f"new: expected a name of a-z, 0-9 and _ that Python may take, found '{given.name}'")
    folder = given.folder or given.code or Path("code")
    path, text = started(given.kind, given.name)
    file = folder / path
    if file.exists():
        raise UserError(f"{file}: is there already; choose another name")
    if own_code.taken(path):
        raise UserError(f"new: there is a {given.kind} '{given.name}' here already; choose another name")
    write_atomically(file, text)
    print(file)
    print(f"try it: ablation {_first_use(given.kind, given.name, file)}" + _with_code(given.kind, folder))
    return exit_codes.DONE


def _first_use(kind: str, name: str, file: Path) -> str:
    return {
        "trick": f"show {name}",
        "layer": "plan STUDY.yaml",
        "dataset": f"run generalization --preset smoke --dataset {name}",
        "network": f"run generalization --preset smoke --steps baseline --set network.family={name}",
        "measure": "run generalization --preset smoke --steps baseline",
        "observer": "run generalization --preset smoke --steps baseline",
        "study": f"run {file} --preset smoke",
    }[kind]


def _with_code(kind: str, folder: Path) -> str:
    return "" if kind == "study" else f" --code {folder}"
