"""`ablation evaluate`: saved models on other test images."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ablation.cli import exit_codes, groups

HELP = "saved models on other test images: CIFAR-10.1, CIFAR-10-C, wrong labels"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="of a run with --save-models")
    parser.add_argument(
        "--dataset",
        dest="datasets",
        action="append",
        required=True,
        metavar="D",
        help="a data set's name, npz:FILE or corrupted:FOLDER; may be given several times",
    )
    groups.add_data_dir(parser)
    parser.add_argument(
        "--label-noise",
        type=groups.share,
        default=0.0,
        metavar="S",
        help="share of labels that are made wrong (0)",
    )


def carry_out(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    from ablation.terminal import Terminal

    options = groups.options_of(given, arguments)
    groups.load_backend()
    from ablation import report
    from ablation.evaluate import evaluate
    from ablation.results import read as results

    terminal = Terminal()
    evaluate(given.folder, given.datasets, options.data_dir, given.label_noise, terminal.say)
    terminal.print(report.evaluations_table(results.load(given.folder)))
    terminal.say(f"written to {given.folder}; `ablation report` shows it")
    return exit_codes.DONE
