"""`ablation run`: train a study's trials and write its tables."""

import argparse
from collections.abc import Sequence

from ablation.cli import exit_codes, groups

HELP = "train a study's trials and write its tables"


def add_options(parser: argparse.ArgumentParser) -> None:
    groups.add_study_options(parser)
    groups.add_out(parser, "results folder (results/STUDY/DATASET-PRESET)")
    groups.add_execution_options(parser)
    groups.add_flag(parser, "fail_fast", "end at the first trial that fails")
    groups.add_flag(parser, "fresh", "set the folder's results aside, as RUN.1, RUN.2, ...")
    groups.add_no_lock(parser)
    groups.add_flag(parser, "tensorboard", "event files in the folder's tensorboard/")
    groups.add_flag(parser, "save_models", "each trial's best models in models/")
    parser.add_argument(
        "--mlflow", nargs="?", const="", metavar="URI", help="log finished trials (the folder's mlruns/)"
    )
    parser.add_argument("--weights", metavar="FILE", help="a backbone's weights (fetched by Keras)")


def carry_out(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    from ablation.runner.display import Display, Terminal
    from ablation.wording import counted

    options = groups.options_of(given, arguments)
    study = groups.study_of(given)
    groups.load_backend()
    from ablation.runner.run import run

    terminal = Terminal()
    outcome = run(study, options, Display(terminal))
    if outcome.interrupted:
        terminal.say("stopped; the same command goes on where this one ended")
        return exit_codes.INTERRUPTED
    from ablation import report
    from ablation.results import read as results

    terminal.say(
        f"{counted(outcome.trained, 'trial')} trained, {outcome.kept} kept; results in {outcome.folder}"
    )
    found = results.load(outcome.folder)
    if found.trials["test_accuracy"].notna().any():
        terminal.print(report.terminal_table(found))
        terminal.say(report.headline(found))
    return exit_codes.FAILED if outcome.bad else exit_codes.DONE
