import pytest
from scipy import stats
from synthetic import LADDER, ladder, write_study

from ablation import report
from ablation.analysis import summary
from ablation.analysis.learning import above_chance, learned


@pytest.mark.parametrize(
    ("accuracy", "images", "classes"), [(0.12, 1000, 10), (0.1, 6000, 10), (0.5, 64, 2), (0.0, 50, 10)]
)
def test_the_p_value_is_scipys_exact_binomial_test(accuracy, images, classes):
    exact = stats.binomtest(round(accuracy * images), images, 1 / classes, alternative="greater").pvalue
    assert above_chance(accuracy, images, classes) == pytest.approx(exact, rel=1e-9)


def test_a_network_that_names_one_class_does_not_learn_and_the_lectures_a4_did_not():
    assert str(learned([0.1, 0.1, 0.1], 0, 6000, 10)) == "no"
    assert str(learned([0.0998], 0, 10_000, 10)) == "no"
    assert str(learned([0.36, 0.42, 0.45], 0, 6000, 10)) == "yes"
    assert str(learned([0.1, 0.4, 0.1], 0, 6000, 10)) == "1 of 3 seeds"
    assert str(learned([0.4, 0.4], 1, 6000, 10)) == "2 of 3 seeds"
    assert str(learned([], 0, 6000, 10)) == ""


def test_the_summary_says_of_every_step_whether_it_learned_and_the_report_only_where_one_did_not(
    tmp_path, no_figures
):
    fine = write_study(tmp_path / "fine")
    assert summary(fine)["learns"].tolist() == ["yes"] * 8
    outcomes = {("noise", seed): {"train_accuracy": 0.1} for seed in (0, 1)}
    outcomes[("l2", 0)] = {"status": "diverged", "test_accuracy": None}
    broken = write_study(tmp_path / "broken", steps=ladder(), outcomes=outcomes)
    told = dict(zip(LADDER, summary(broken)["learns"], strict=True))
    assert (told["baseline"], told["noise"], told["l2"]) == ("yes", "1 of 3 seeds", "2 of 3 seeds")
    for results, shown in ((fine, False), (broken, True)):
        report.write(results.folder.path)
        for file in ("report.md", "report.html"):
            assert ("1 of 3 seeds" in (results.folder.path / file).read_text("utf-8")) == shown
