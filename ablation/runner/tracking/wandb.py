"""Finished trials told to Weights & Biases: a run a trial, those of a results folder in one group."""

import contextlib
import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from ablation.errors import UserError
from ablation.runner.tracking.tracker import About, Track, answered, curves, finals, settings
from ablation.study.trial import Trial

QUIET = {
    "silent": True,
    "console": "off",
    "host": "-",
    "disable_git": True,
    "save_code": False,
    "x_disable_meta": True,
    "x_disable_stats": True,
    "x_disable_machine_info": True,
}
"""W&B logs what it is told, and nothing of the machine, its user or the terminal."""


@contextlib.contextmanager
def tracked(where: str, about: About) -> Iterator[Track]:
    """As `Tracker`; W&B's own files are in the results folder's `wandb/`, `WANDB_MODE=offline` keeps all of it there.

    Args:
        where: project; empty for the study's name.
        about: the run.
    """
    try:
        wandb = importlib.import_module("wandb")
    except ImportError as error:
        raise UserError(f"--wandb: {error}; pip install -e '.[wandb]'") from error
    project = where or about.study
    option = f"--wandb {project}"
    with answered(option):
        offline = wandb.setup().settings.mode in ("offline", "disabled")
        if not offline and not wandb.login(prompt=False):
            raise UserError(f"{option}: not logged in; run `wandb login`, or set WANDB_MODE=offline")

    def track(title: str, trial: Trial, record: Mapping[str, Any]) -> None:
        with answered(option):
            run = wandb.init(
                project=project,
                name=f"{title}, seed {trial.seed}",
                group=f"{about.study}/{about.folder.name}",
                dir=about.folder,
                config={**settings(trial), "command": about.command},
                reinit="create_new",
                settings=wandb.Settings(**QUIET),
            )
            for epoch, figures in curves(record):
                run.log(figures, step=epoch)
            run.summary.update({"status": record["status"], **finals(record)})
            run.finish(exit_code=0 if record["status"] == "done" else 1)

    yield track
