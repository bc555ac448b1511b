"""Finished trials told to MLflow: a run for the study, a nested run a trial."""

import contextlib
import importlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from ablation.errors import UserError
from ablation.runner.tracking.tracker import About, Track, answered, curves, finals, settings
from ablation.study.trial import Trial


@contextlib.contextmanager
def tracked(where: str, about: About) -> Iterator[Track]:
    """As `Tracker`; the study's run is open meanwhile.

    Args:
        where: URI of the tracking server, or a folder; empty for the results folder's `mlruns/`.
        about: the run.
    """
    try:
        mlflow = importlib.import_module("mlflow")
        entities = importlib.import_module("mlflow.entities")
    except ImportError as error:
        raise UserError(f"--mlflow: {error}; pip install -e '.[mlflow]'") from error
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # else MLflow 3 refuses a folder
    uri = where or (about.folder / "mlruns").resolve().as_uri()
    option = f"--mlflow {uri}"
    with answered(option):
        client = mlflow.MlflowClient(tracking_uri=uri)
        known = client.get_experiment_by_name(about.study)
        experiment = known.experiment_id if known else client.create_experiment(about.study)
        tags = {"command": about.command}
        parent = client.create_run(experiment, tags=tags, run_name=about.study).info.run_id
    nested = {"mlflow.parentRunId": parent}

    def track(title: str, trial: Trial, record: Mapping[str, Any]) -> None:
        with answered(option):
            run = client.create_run(experiment, tags=nested, run_name=f"{title}, seed {trial.seed}").info
            steps = [*curves(record), (0, finals(record))]
            metrics = [
                entities.Metric(name, value, run.start_time, step)
                for step, figures in steps
                for name, value in figures.items()
            ]
            for first in range(0, len(metrics), 1000):
                client.log_batch(run.run_id, metrics=metrics[first : first + 1000])
            parameters = [entities.Param(name, str(value)[:500]) for name, value in settings(trial).items()]
            client.log_batch(run.run_id, params=parameters)
            done = record["status"] == "done"
            client.set_terminated(run.run_id, "FINISHED" if done else "FAILED")

    try:
        yield track
        with answered(option):
            client.set_terminated(parent, "FINISHED")
    except BaseException:
        with contextlib.suppress(Exception):
            client.set_terminated(parent, "KILLED")
        raise
