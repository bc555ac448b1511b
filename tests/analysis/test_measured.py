"""Runs that are judged by another measure than accuracy: direction, margin, range and correction are the measure's."""

import numpy as np
import pandas as pd
import pytest
from synthetic import ladder, write_study

from ablation import measures
from ablation.analysis import contributions, costs, summary
from ablation.analysis.classes import classes
from ablation.analysis.measured import margin_of, named, reported
from ablation.errors import UserError

SEEDS = (0, 1, 2, 3, 4)
STUDY = {"name": "x", "title": "X"}


def told(*names):
    return [measures.get(name).told() for name in names]


def of(step, seed, change):
    """A measure that a step changes by `change` from a base of 1, a little otherwise under every seed."""
    noise = np.random.default_rng([seed, len(step)]).normal(0, 0.004)
    return 1 + change + noise


def folder(path, effects, name="log_loss", chosen=("log_loss", "accuracy"), **more):
    """A ladder whose steps have these values of a measure, and the accuracies of every synthetic ladder."""
    outcomes = {
        (step, seed): {"measures": {name: of(step, seed, change)}}
        for step, change in effects.items()
        for seed in SEEDS
    }
    return write_study(
        path,
        steps=ladder(4),
        seeds=SEEDS,
        outcomes=outcomes,
        **({"study": STUDY, "measures": told(*chosen)} | more),
    )


EFFECTS = {"baseline": 0.0, "noise": -0.3, "batch_norm": -0.3, "dropout": 0.1}


def test_a_lower_loss_helps_and_a_higher_one_hurts(tmp_path):
    table = summary(folder(tmp_path, EFFECTS)).set_index("step")
    assert list(table["verdict_kind"]) == ["", "helps", "no difference", "hurts"]
    assert table.loc["noise", "delta"] == pytest.approx(-0.3, abs=0.01)
    assert table.loc["noise", "verdict"] == f"helps: −{-table.loc['noise', 'delta']:.3f} nats"
    assert (table["delta_ci_high"]["noise"] < 0) and (table["delta_ci_low"]["dropout"] > 0)
    assert set(table["measure"]) == {"log_loss"}


def test_test_mean_stays_the_accuracy_and_every_measure_has_columns(tmp_path):
    plain = summary(write_study(tmp_path / "plain", steps=ladder(4), seeds=SEEDS)).set_index("step")
    table = summary(folder(tmp_path / "measured", EFFECTS)).set_index("step")
    for column in ("test_mean", "test_ci_low", "gap_mean", "gap_verdict", "val_mean", "n"):
        pd.testing.assert_series_equal(table[column], plain[column])
    for here, there in (
        ("delta", "delta"),
        ("delta_low", "delta_ci_low"),
        ("p_holm", "p_holm"),
        ("verdict", "verdict"),
    ):
        pd.testing.assert_series_equal(table[f"measure_accuracy_{here}"], plain[there], check_names=False)
    for here, there in (("delta", "delta"), ("delta_high", "delta_ci_high"), ("mean", "measure_mean")):
        pd.testing.assert_series_equal(table[f"measure_log_loss_{here}"], table[there], check_names=False)
    assert not [column for column in plain if column.startswith("measure_accuracy")]
    pd.testing.assert_series_equal(plain["measure_mean"], plain["test_mean"], check_names=False)


def test_intervals_end_where_the_measure_does(tmp_path):
    steps, seeds = ladder(2), (0, 1)
    values = {("baseline", 0): 0.0, ("baseline", 1): 0.1, ("noise", 0): 0.2, ("noise", 1): 1.0}
    outcomes = {place: {"measures": {"macro_f1": value}} for place, value in values.items()}
    table = summary(
        write_study(
            tmp_path, steps=steps, seeds=seeds, outcomes=outcomes, study=STUDY, measures=told("macro_f1")
        )
    )
    assert table["measure_ci_low"].min() == 0 and table["measure_ci_high"].max() == 1
    assert table["delta_ci_high"].max() <= 1 and table["delta_ci_low"].min() >= -1
    losses = {place: {"measures": {"log_loss": 10 * value}} for place, value in values.items()}
    table = summary(
        write_study(
            tmp_path, steps=steps, seeds=seeds, outcomes=losses, study=STUDY, measures=told("log_loss")
        )
    )
    assert table["measure_ci_low"].min() == 0 and table["measure_ci_high"].max() > 10


def test_the_margin_is_the_measures_own_or_the_studys_in_its_unit(tmp_path):
    loss, accuracy, f1 = map(measures.get, ("log_loss", "accuracy", "macro_f1"))
    own = {"study": {}, "measures": told("log_loss", "accuracy")}
    assert (margin_of(own, loss), margin_of(own, accuracy)) == (0.05, 0.01)
    given = own | {"study": {"margin": 0.4}}
    assert (margin_of(given, loss), margin_of(given, accuracy), margin_of(given, f1)) == (0.4, 0.01, 0.01)
    fractions = {"study": {"margin": 0.02}, "measures": told("macro_f1", "log_loss", "accuracy")}
    assert (margin_of(fractions, f1), margin_of(fractions, accuracy), margin_of(fractions, loss)) == (
        0.02,
        0.02,
        0.05,
    )
    narrow = folder(tmp_path, EFFECTS, study=STUDY | {"margin": 0.001})
    assert list(summary(narrow)["verdict_kind"]) == ["", "helps", "open", "hurts"]


def test_what_tricks_add_and_cost_is_by_the_measure(tmp_path):
    found = folder(tmp_path, EFFECTS)
    table = summary(found)
    values = contributions(found).set_index("trick")["value"]
    assert values["noise"] == pytest.approx(-0.3, abs=0.01)
    cost = costs(found, table).set_index("step")
    assert cost.loc["batch_norm", "measure_mean"] < 1 and table["points_per_gflop"].isna().all()
    assert table["time_factor"].notna().sum() == len(table) - 1 and table["points_per_minute"].isna().all()
    assert cost.loc["noise", "on_flops_front"] and not cost.loc["baseline", "on_flops_front"]


def test_a_run_from_before_there_were_measures_is_judged_by_what_it_kept(tmp_path):
    old = write_study(
        tmp_path, seeds=SEEDS, study=STUDY, measures=told("balanced_accuracy", "log_loss", "auc")
    )
    assert not old.disagreements
    one = old.trials.iloc[0]
    counts = old.confusion(one["config_hash"])
    assert one["measure_balanced_accuracy"] == pytest.approx((np.diag(counts) / counts.sum(1)).mean())
    hits, both = 2 * np.diag(counts), counts.sum(0) + counts.sum(1)
    assert one["measure_macro_f1"] == pytest.approx((hits / both).mean())
    assert one["measure_worst_recall"] == pytest.approx((np.diag(counts) / counts.sum(1)).min())
    assert one["measure_log_loss"] == one["test_loss"] and np.isnan(one["measure_auc"])
    table = summary(old)
    assert table["measure_auc_mean"].isna().all() and table["verdict_kind"].ne("").sum() > 3


def test_a_manifest_tells_measures_whole(tmp_path):
    found = folder(tmp_path, EFFECTS).manifest
    assert [one.told() for one in reported(found)] == told("log_loss", "accuracy")
    assert named(found, "").name == "log_loss" and named(found, "auc").title == measures.get("auc").title
    with pytest.raises(UserError, match="unknown measure 'aucc'; did you mean 'auc'"):
        named(found, "aucc")


def test_the_recall_of_each_class_is_compared_and_corrected_for_all_classes_together(tmp_path):
    plain = write_study(tmp_path / "plain", steps=ladder(3), seeds=SEEDS)
    assert classes(plain).empty
    random, outcomes = np.random.default_rng(0), {}
    for name, right in (("baseline", 50), ("noise", 50), ("batch_norm", 80)):
        for seed in SEEDS:
            counts = np.full((10, 10), 5) + np.diag(random.integers(40, 43, 10))
            counts[2, 2] += right - 50
            counts[9] = 0
            outcomes[name, seed] = {"confusion": counts.tolist()}
    made = write_study(
        tmp_path / "run",
        steps=ladder(3),
        seeds=SEEDS,
        outcomes=outcomes,
        study=STUDY | {"measures": ["class_recall"]},
    )
    table = classes(made).set_index(["step", "class"])
    assert len(table) == 30 and table.loc[("noise", "truck"), "n"] == 0
    bird = table.loc[("batch_norm", "bird")]
    counts = np.array([outcomes["batch_norm", seed]["confusion"] for seed in SEEDS])[:, 2]
    assert bird["recall_mean"] == pytest.approx((counts[:, 2] / counts.sum(1)).mean()) and bird["n"] == 5
    assert bird["verdict_kind"] == "helps" and bird["delta_ci_low"] > 0
    assert set(table.drop(("batch_norm", "bird"))["verdict_kind"]) <= {"", "open", "no difference"}
    accuracy = summary(made).set_index("step")
    assert accuracy.loc["noise", "comparisons"] <= 2, "the classes are no part of the study's own family"
