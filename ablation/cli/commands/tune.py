"""`ablation tune`: search a step's hyperparameters."""

import argparse
from collections.abc import Sequence

from ablation.cli import exit_codes, groups
from ablation.runner.options import names

HELP = "search a step's hyperparameters on validation, coarse then fine"


def add_options(parser: argparse.ArgumentParser) -> None:
    groups.add_data_options(parser)
    parser.add_argument("--step", default="", metavar="S", help="which step's recipe (the first)")
    parser.add_argument(
        "--space", action="append", default=[], metavar="KEY=RANGE",
        help="e.g. 'network.l2=log 1e-5 1e5', 'training.batch_size=int 16 256', 'network.activation=[relu, elu]'",
    )  # fmt: skip
    parser.add_argument(
        "--sampler", default="", metavar="S[,S]", help="random, grid, tpe; several are compared"
    )
    parser.add_argument(
        "--coarse", default="", metavar="NxE", help="trials x epochs of the first stage (30x3)"
    )
    parser.add_argument(
        "--fine", default="", metavar="NxE", help="trials x epochs of the second stage (15x8)"
    )
    parser.add_argument(
        "--seed", type=groups.seed, default=0, metavar="N", help="of points and trainings (0)"
    )
    groups.add_set(parser)
    groups.add_out(parser, "folder (results/STUDY/tune-DATASET-PRESET)")
    groups.add_execution_options(parser)
    groups.add_flag(parser, "fresh", "discard what the folder holds")


def carry_out(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    from ablation import search, study
    from ablation.runner.display import Display
    from ablation.terminal import Terminal

    options = groups.options_of(given, arguments)
    loaded = study.load(given.study)
    wanted = search.search_of(
        loaded,
        step=given.step,
        space=given.space,
        samplers=names(given.sampler),
        coarse=given.coarse,
        fine=given.fine,
        seed=given.seed,
    )
    terminal = Terminal()
    with terminal.busy("starting Keras"):
        groups.load_backend()
    outcome = search.tune(loaded, wanted, options, Display(terminal))
    if outcome.interrupted:
        terminal.say("stopped; the same command goes on where this one ended")
        return exit_codes.INTERRUPTED
    terminal.say(f"search in {outcome.folder}: tune.md, tune.csv, figures")
    if told := search.report.answer(outcome.folder):
        terminal.say(told)
    if (outcome.folder / "tuned.yaml").exists():
        terminal.say("compare default and tuned:", f"ablation run {outcome.folder / 'tuned.yaml'}")
    return exit_codes.FAILED if outcome.failed else exit_codes.DONE
