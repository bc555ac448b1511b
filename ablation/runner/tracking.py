"""Finished trials told to MLflow: a run for the study, a nested run a trial."""

import contextlib
import importlib
import numbers
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ablation.errors import UserError
from ablation.study.trial import Trial

Track = Callable[[str, Trial, Mapping[str, Any]], None]
EPOCH_FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
NOT_FIGURES = ("seed", "status", "error", "config_hash", "epochs", "confusion", "contract")


@contextlib.contextmanager
def tracked(uri: str, study: str, tags: Mapping[str, str]) -> Iterator[Track]:
    """A function that logs one finished trial; the study's run is open meanwhile.

    Args:
        uri: of the tracking server, or a folder.
        study: name of the experiment.
        tags: of the study's run.

    Raises:
        UserError: MLflow is not installed, or does not answer.
    """
    try:
        mlflow = importlib.import_module("mlflow")
        entities = importlib.import_module("mlflow.entities")
    except ImportError as error:
        raise UserError(f"--mlflow: {error}; pip install -e '.[mlflow]'") from error
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # else MLflow 3 refuses a folder
    with _answered(uri):
        client = mlflow.MlflowClient(tracking_uri=uri)
        known = client.get_experiment_by_name(study)
        experiment = known.experiment_id if known else client.create_experiment(study)
        parent = client.create_run(experiment, tags=dict(tags), run_name=study).info.run_id
    nested = {"mlflow.parentRunId": parent}

    def track(title: str, trial: Trial, record: Mapping[str, Any]) -> None:
        with _answered(uri):
            run = client.create_run(experiment, tags=nested, run_name=f"{title}, seed {trial.seed}").info
            metrics = [
                entities.Metric(name, value, run.start_time, row["epoch"])
                for row in record["epochs"]
                for name in EPOCH_FIGURES
                if isinstance(value := row.get(name), numbers.Real)
            ]
            metrics += [
                entities.Metric(f"final_{name}", value, run.start_time, 0)
                for name, value in record.items()
                if name not in NOT_FIGURES and isinstance(value, numbers.Real)
            ]
            for first in range(0, len(metrics), 1000):
                client.log_batch(run.run_id, metrics=metrics[first : first + 1000])
            settings = trial.setting.recipe.model_dump(mode="json", exclude_defaults=True)
            settings |= {"seed": trial.seed, "dataset": trial.dataset, "config_hash": trial.config_hash}
            parameters = [entities.Param(name, str(value)[:500]) for name, value in settings.items()]
            client.log_batch(run.run_id, params=parameters)
            done = record["status"] == "done"
            client.set_terminated(run.run_id, "FINISHED" if done else "FAILED")

    try:
        yield track
        with _answered(uri):
            client.set_terminated(parent, "FINISHED")
    except BaseException:
        with contextlib.suppress(Exception):
            client.set_terminated(parent, "KILLED")
        raise


@contextlib.contextmanager
def _answered(uri: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise UserError(f"--mlflow {uri}: {' '.join(str(error).split())[:300]}") from error
