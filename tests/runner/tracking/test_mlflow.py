"""MLflow: every finished trial is a nested run with its figures; the tables stay as they are."""

from pathlib import Path

import pytest
import tiny

from ablation.errors import UserError
from ablation.runner.tracking.mlflow import tracked
from ablation.runner.tracking.tracker import About

LADDER = tiny.STUDY["ladder"][:2]
ABOUT = About("tiny", Path("out"), "")


def test_a_run_for_the_study_and_a_nested_one_for_every_trial(no_training, study_file, tmp_path):
    mlflow = pytest.importorskip("mlflow")
    file, uri = study_file(ladder=LADDER, seeds=2), (tmp_path / "runs").as_uri()
    tiny.run_study(file, tmp_path / "plain")
    tiny.run_study(file, tmp_path / "out", mlflow=uri)
    assert tiny.tables(tmp_path / "out") == tiny.tables(tmp_path / "plain")
    client = mlflow.MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("tiny")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    nested = [run for run in runs if run is not parent]
    assert {run.data.tags["mlflow.parentRunId"] for run in nested} == {parent.info.run_id}
    assert {run.info.run_name for run in nested} == {
        f"{step}, seed {seed}" for step in ("baseline", "noise") for seed in (0, 1)
    }
    assert {run.info.status for run in runs} == {"FINISHED"}
    rows = {row["config_hash"]: row for row in tiny.tables(tmp_path / "out")["trials"]}
    for run in nested:
        row = rows[run.data.params["config_hash"]]
        assert run.data.metrics["final_test_accuracy"] == pytest.approx(float(row["test_accuracy"]))
        losses = client.get_metric_history(run.info.run_id, "loss")
        assert [one.step for one in losses] == [1, 2, 3]
    again = tiny.run_study(file, tmp_path / "out", mlflow=uri)
    assert again.kept == 4 and len(client.search_runs([experiment.experiment_id])) == 6


def test_the_default_is_a_folder_beside_the_tables(no_training, study_file, tmp_path):
    pytest.importorskip("mlflow")
    tiny.run_study(study_file(ladder=LADDER), tmp_path / "out", mlflow="")
    assert (tmp_path / "out" / "mlruns").is_dir()


def test_a_failed_trial_is_a_failed_run(no_training, study_file, tmp_path):
    mlflow = pytest.importorskip("mlflow")

    def fail(trial):
        raise RuntimeError("no")

    no_training.fail = fail
    uri = (tmp_path / "runs").as_uri()
    tiny.run_study(study_file(ladder=LADDER), tmp_path / "out", mlflow=uri)
    client = mlflow.MlflowClient(tracking_uri=uri)
    runs = client.search_runs([client.get_experiment_by_name("tiny").experiment_id])
    assert sorted(run.info.status for run in runs) == ["FAILED", "FAILED", "FINISHED"]


def test_a_server_that_does_not_answer_is_one_line(tmp_path):
    pytest.importorskip("mlflow")
    with pytest.raises(UserError, match=r"--mlflow ftp://nowhere: "), tracked("ftp://nowhere", ABOUT):
        raise AssertionError
