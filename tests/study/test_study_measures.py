"""`measures` and `primary_measure` of a study: chosen, refused in one line, no part of a trial's hash."""

import pytest
from tiny import run_study, table

from ablation import report
from ablation.errors import UserError
from ablation.results import read as results
from ablation.results.folder import RunFolder
from ablation.runner.options import Options
from ablation.runner.plan import plan_run
from ablation.study import load

CHOSEN = {"measures": ["macro_f1"], "primary_measure": "balanced_accuracy"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"primary_measure": "ballanced_accuracy"}, "primary_measure: unknown measure 'ballanced_accuracy'; did you"
         " mean 'balanced_accuracy'?"),
        ({"measures": ["auc", "f1"]}, "measures.1: unknown measure 'f1'; "),
        ({"measures": "auc"}, "measures: "),
        ({"measures": ["class_recal"]}, "measures.0: unknown measure 'class_recal'; did you mean 'class_recall'?"),
        ({"primary_measure": "class_recall"}, "primary_measure: 'class_recall' is a number a class; expected one"),
        ({"primary_mesure": "auc"}, "primary_mesure: unknown key; did you mean 'primary_measure'?"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_one_line(study_file, changes, told):
    with pytest.raises(UserError) as error:
        load(str(study_file(**changes)))
    assert str(error.value).startswith("tiny.yaml: " + told)


def test_the_first_reported_decides_and_accuracy_is_always_there(study_file):
    assert [one.name for one in load(str(study_file())).reported] == ["accuracy"]
    found = load(str(study_file(**CHOSEN)))
    assert [one.name for one in found.reported] == ["balanced_accuracy", "macro_f1", "accuracy"]


def test_the_options_name_them_too(study_file):
    study = load(str(study_file(**CHOSEN)))
    asked = plan_run(study, Options(preset="full", measures="auc,log_loss", primary_measure="log_loss"))
    assert [one.name for one in asked.study.reported] == ["log_loss", "auc", "accuracy"]
    with pytest.raises(
        UserError, match="--primary-measure: unknown measure 'logloss'; did you mean 'log_loss'"
    ):
        plan_run(study, Options(preset="full", primary_measure="logloss"))
    with pytest.raises(UserError, match="--set measures=auc: expected --measures auc"):
        plan_run(study, Options(preset="full", sets="measures=auc"))


def test_a_measure_that_says_nothing_of_so_few_classes_is_refused(study_file):
    study = load(str(study_file(measures=["top5_accuracy"])))
    assert plan_run(study, Options(preset="full")).classes == 10
    with pytest.raises(UserError, match="'top5_accuracy' takes 6 classes or more to say anything, found 3"):
        plan_run(study, Options(preset="full", sets="data.classes=[0, 1, 2]"))


def test_a_finished_run_asked_for_another_measure_trains_nothing(
    study_file, tmp_path, no_training, no_figures
):
    out = tmp_path / "out"
    assert run_study(study_file(), out, seeds=2).trained == 6
    before = table(out / "trials.csv")
    folder = RunFolder(out)
    for i, record in enumerate(folder.read_trials().values()):
        values = {"balanced_accuracy": 0.5 + 0.01 * i, "log_loss": 1.5}
        folder.save_trial(dict(record) | {"measures": values})
    again = run_study(study_file(primary_measure="balanced_accuracy"), out, seeds=2)
    assert (again.trained, again.kept) == (0, 6)
    report.write(out)
    rows = table(out / "summary.csv")
    assert {row["measure"] for row in rows} == {"balanced_accuracy"}
    assert all(0.5 <= float(row["measure_mean"]) <= 0.55 for row in rows)
    after = table(out / "trials.csv")
    assert [row["config_hash"] for row in after] == [row["config_hash"] for row in before]
    assert "balanced accuracy goes from" in report.closing(results.load(out)).headline
    third = run_study(study_file(), out, seeds=2, primary_measure="log_loss")
    assert (third.trained, third.kept) == (0, 6)
    assert results.load(out).manifest["measures"][0]["name"] == "log_loss"
