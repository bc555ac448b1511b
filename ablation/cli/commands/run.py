"""`ablation run`: train a study's trials, write its tables and its report."""

import argparse
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ablation.cli import exit_codes, groups
from ablation.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

HELP = "train a study's trials, write its tables and its report"


def add_options(parser: argparse.ArgumentParser) -> None:
    groups.add_study_options(parser)
    groups.add_resolve_options(parser)
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
    parser.add_argument(
        "--wandb",
        nargs="?",
        const="",
        metavar="PROJECT",
        help="log finished trials to W&B (the study's name)",
    )
    parser.add_argument("--weights", metavar="FILE", help="a backbone's weights (fetched by Keras)")
    parser.add_argument("--no-report", dest="report", action="store_false", help="write tables alone")
    parser.add_argument("--open", action="store_true", help="show the report in a browser at the end")
    parser.add_argument(
        "--floor", type=groups.share, metavar="ACC",
        help="end with 1 where a trial's best validation accuracy is below it, 0-1",
    )  # fmt: skip


def carry_out(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    from ablation.runner.display import Display
    from ablation.terminal import Terminal
    from ablation.wording import counted

    options = groups.options_of(given, arguments)
    if given.open and not given.report:
        raise UserError("--open: there is no report to open with --no-report")
    study = groups.study_of(given)
    terminal = Terminal()
    with terminal.busy("starting Keras"):
        groups.load_backend()
        from ablation.runner.run import run

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
        closing = report.closing(found)
        terminal.print(closing.table)
        for said in (closing.headline, *closing.answers):
            terminal.say(said)
        if given.report:
            with terminal.busy("drawing the report"):
                closing.write()
            page = outcome.folder / "report.html"
            how, command = _opened(page, given.open)
            terminal.say(f"report: {page}; {how}", command)
    low = _below(found.trials, given.floor)
    for line in low:
        terminal.say(line)
    return exit_codes.FAILED if outcome.bad or low else exit_codes.DONE


def _opened(page: Path, wanted: bool) -> tuple[str, str]:
    """Open a page in the browser if that is wanted; how that went, and the command that opens it where it is not."""
    if wanted and webbrowser.open(page.resolve().as_uri()):
        return "opened in the browser", ""
    command = "open" if sys.platform == "darwin" else "xdg-open"
    return "no browser was found:" if wanted else "to see it:", f"{command} {page}"


def _below(trials: "pd.DataFrame", floor: float | None) -> list[str]:
    """A line for each trial that did not learn what it should have."""
    if floor is None:
        return []
    low = trials[trials["best_val_accuracy"] < floor]
    return [
        f"--floor {floor:g}: {row.step}, seed {row.seed}, reached {row.best_val_accuracy:.3f} on validation"
        for row in low.itertuples()
    ]
