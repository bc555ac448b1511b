"""Options that several commands share. They are read as text: `ablation.runner.options` says what they may be."""

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablation import system
from ablation.errors import UserError
from ablation.runner.options import Options, whole_number
from ablation.runner.options import seed as checked_seed
from ablation.train import CHECKPOINT_SHARE

if TYPE_CHECKING:
    from ablation.study import Study

SPELLINGS = {"designs": "--design", "budgets": "--budget", "sets": "--set", "lock": "--no-lock"}


def spelling(option: str) -> str:
    """A field of `Options` as the command line has it."""
    return SPELLINGS.get(option, f"--{option.replace('_', '-')}")


def options_of(given: argparse.Namespace, arguments: Sequence[str]) -> Options:
    """What of the parsed command is for a run.

    Raises:
        OptionError: a value that cannot be taken.
    """
    from ablation.runner.provenance import command_line

    asked = {one.name: getattr(given, one.name) for one in fields(Options) if hasattr(given, one.name)}
    return Options(**asked, command=command_line(arguments))


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Which study, and on which images."""
    parser.add_argument("study", metavar="STUDY", help="a name (`ablation list`) or a .yaml file")
    _add(
        parser,
        "preset",
        "P",
        "size: smoke, quick, full or another of the study (full with a GPU, else quick)",
    )
    _add(
        parser,
        "dataset",
        "D",
        "of `ablation list datasets`, auto, or folder:PATH, csv:, npz:, parquet:, tfds:NAME",
    )
    add_data_dir(parser)


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    """`--data-dir`."""
    _add(parser, "data_dir", "DIR", "folder that holds datasets (ABLATION_DATA_DIR)")


def add_study_options(parser: argparse.ArgumentParser) -> None:
    """What of a study is to be trained."""
    from ablation.study.design import names as design_names

    add_data_options(parser)
    _add(parser, "designs", "D[,D]", ", ".join(design_names()))
    parser.add_argument("--orders", type=positive, metavar="N", help="random orders of the ladder (4)")
    _add(parser, "budgets", "E[,E]", "the same at several numbers of epochs")
    _add(parser, "protocol", "P", "honest, lecture or both")
    _add(parser, "controls", "C[,C]", "aa, parameters, compute")
    add_steps(parser, "only these steps")
    _add(parser, "seeds", "N | A,B", "how many seeds, or which")
    _add(parser, "measures", "M[,M]", "also reported, of `ablation list measures`")
    _add(parser, "primary_measure", "M", "which decides the verdicts (accuracy)")
    add_set(parser)


def add_resolve_options(parser: argparse.ArgumentParser) -> None:
    """Seeds on demand."""
    add_flag(parser, "resolve", "more seeds for comparisons that are open and in reach")
    _add(parser, "max_seeds", "N", "with --resolve: seeds at the last look (20)")
    _add(parser, "hours", "H", "with --resolve: begin no look after so many hours")


def add_steps(parser: argparse.ArgumentParser, text: str) -> None:
    """`--steps`."""
    _add(parser, "steps", "A,B", text)


def add_set(parser: argparse.ArgumentParser) -> None:
    """`--set`, which may be given several times."""
    _add(parser, "sets", "KEY=VALUE", "e.g. training.epochs=20", action="append")


def add_out(parser: argparse.ArgumentParser, text: str) -> None:
    """`--out`."""
    _add(parser, "out", "DIR", text)


def add_execution_options(parser: argparse.ArgumentParser) -> None:
    """Where trials run, and how many at a time."""
    _add(parser, "jobs", "N", "trials at a time (one a core, or one a GPU)")
    parser.set_defaults(jobs=None)
    _add(parser, "threads", "N", "processor threads of a trial; other numbers round otherwise (1)")
    _add(parser, "executor", "E", "local, or ray: a cluster (local)")
    _add(parser, "ray_address", "ADDR", "of a running cluster, HOST:PORT or auto (a new one)")
    _add(parser, "trial_cpus", "N", "CPUs of a trial on Ray (its threads)")
    _add(parser, "trial_gpus", "G", "GPUs of a trial on Ray, or share of one (1, if any)")
    _add(parser, "strategy", "S", "single, or data-parallel: all devices share each trial (single)")
    _add(
        parser,
        "checkpoint_share",
        "S",
        f"share of a training's time that saving it for a resume may take ({CHECKPOINT_SHARE})",
    )
    add_flag(parser, "retry_failed", "train failed and diverged trials again")


def add_flag(parser: argparse.ArgumentParser, option: str, text: str) -> None:
    """A field of `Options` that is False unless it is asked for."""
    parser.add_argument(
        spelling(option), dest=option, action="store_true", default=argparse.SUPPRESS, help=text
    )


def add_code(parser: argparse.ArgumentParser) -> None:
    """`--code`."""
    parser.add_argument(
        "--code",
        type=Path,
        metavar="DIR",
        help="your own tricks/, layers/, data/, networks/, ... (ABLATION_CODE)",
    )


def add_no_lock(parser: argparse.ArgumentParser) -> None:
    """`--no-lock`."""
    parser.add_argument(
        "--no-lock", dest="lock", action="store_false", default=argparse.SUPPRESS,
        help="for file systems without locks: one run at a time",
    )  # fmt: skip


def _add(parser: argparse.ArgumentParser, option: str, metavar: str, text: str, **more: Any) -> None:
    """A field of `Options`; its default is there."""
    parser.add_argument(
        spelling(option), dest=option, metavar=metavar, default=argparse.SUPPRESS, help=text, **more
    )


def positive(text: str) -> int:
    """An argument that is no field of `Options`: a whole number from 1."""
    return _read(whole_number, text)


def share(text: str) -> float:
    """An argument that is no field of `Options`: a share, 0-1."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 1, found '{text}'")
    return found


def seed(text: str) -> int:
    """An argument that is no field of `Options`: one seed."""
    return _read(checked_seed, text)


def _read(check: Callable[[Any], int], text: str) -> int:
    try:
        return check(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def study_of(given: argparse.Namespace) -> "Study":
    """The study with what the command says of its orders."""
    from ablation import study

    loaded = study.load(given.study)
    return loaded.replace(orders=given.orders) if given.orders else loaded


def preset_of(options: Options, loaded: "Study") -> str:
    """The one asked for, else `quick` where the study has it: what a GPU would change is not looked at."""
    return options.preset or ("quick" if "quick" in loaded.presets else "full")


def preset_and_data(options: Options, loaded: "Study") -> tuple[str, str, str]:
    """The preset and the dataset that a command without training trials takes, and why that dataset."""
    from ablation import data

    chosen = data.choose(options.dataset or loaded.dataset, options.data_dir, may_download=False)
    return preset_of(options, loaded), *chosen


def load_backend() -> None:
    """Import Keras with the backend that the user chose.

    Raises:
        UserError: there is no such backend, or it is not installed.
    """
    try:
        with system.imports_uncollected():
            import keras  # noqa: F401
    except (ImportError, ValueError) as error:
        chosen = os.environ.get("KERAS_BACKEND", "tensorflow")
        raise UserError(
            f"KERAS_BACKEND={chosen}: cannot be loaded ({error}); expected an installed one of tensorflow, jax, torch"
        ) from error
