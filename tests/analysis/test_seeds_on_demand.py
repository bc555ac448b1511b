"""The tables of a run whose seeds were given on demand: every figure of a comparison is of the seeds of its look."""

import numpy as np
import pytest
from synthetic import ladder, step, write_study

from ablation import measures
from ablation.analysis import contributions, summary
from ablation.analysis.pairs import paired
from ablation.analysis.price import PRICE
from ablation.analysis.steps import steps_of

SEEDS = range(8)
OF_VERDICT = [
    "delta", "delta_ci_low", "delta_ci_high", "p", "p_holm", "verdict", "verdict_kind", "pairs", "looks", "mde",
    "delta_bootstrap_low", "delta_bootstrap_high", "gap_delta", "gap_delta_low", "gap_delta_high", "gap_verdict",
    "deviation", "prior_deviation", *PRICE,
]  # fmt: skip
MEASURES = ("accuracy", "balanced_accuracy")
OF_MEASURES = [
    f"measure_{name}_{part}" for name in MEASURES for part in ("delta", "delta_low", "delta_high", "verdict")
]


def looks(taken, seeds=(5, 8)):
    return {"seeds": list(seeds), "shares": [0.6, 0.4], "order": list(SEEDS), "taken": taken}


def steps():
    left_out = step("leave-one-out", "without-dropout", 1, "full", [], role="left_out")
    return [*ladder(4), step("leave-one-out", "full", 0, None, []), left_out]


TEST = {"full": 0.73, "without-dropout": 0.70}


def write(path, further, taken=1):
    """A run of eight seeds, the last three of `further`: fields that replace a trial's own, or None for no trial."""
    outcomes = {
        (one["step"], seed): {
            "measures": {"balanced_accuracy": 0.6 + 0.02 * one["position"] + 0.001 * (seed % 3)}
        }
        for one in steps()
        for seed in SEEDS
    }
    outcomes |= {place: further(place) for place in outcomes if place[1] >= 5}
    train = {"full": 0.95, "without-dropout": 0.97}
    told = [measures.get(name).told() for name in MEASURES]
    return write_study(
        path,
        steps=steps(),
        test=TEST,
        train=train,
        seeds=SEEDS,
        outcomes=outcomes,
        measures=told,
        looks=looks(taken),
    )


def otherwise(place):
    """What would turn every verdict: the steps at odd positions are far better, and far dearer."""
    far = 0.9 if place[0] in ("noise", "dropout", "without-dropout") else 0.3
    return {
        "test_accuracy": far,
        "gap": -far,
        "train_seconds": 900 * far,
        "measures": {"balanced_accuracy": far},
    }


def test_seeds_that_no_look_has_seen_change_no_figure_of_a_comparison(tmp_path):
    with_them, without = write(tmp_path / "with", otherwise), write(tmp_path / "without", lambda place: None)
    table, expected = summary(with_them), summary(without)
    columns = OF_VERDICT + OF_MEASURES
    assert table[columns].astype(str).equals(expected[columns].astype(str))
    assert table["n"].tolist() == [8] * 6 and expected["n"].tolist() == [5] * 6, (
        "a step's mean is of all its seeds"
    )
    compared = table[table["base"] != ""]
    assert compared["pairs"].tolist() == [5] * 4
    assert compared["delta"].between(compared["delta_ci_low"], compared["delta_ci_high"]).all()
    assert contributions(with_them).equals(contributions(without))


def test_summary_and_contributions_tell_the_same_differences_whichever_way_a_pair_is_kept(tmp_path):
    results = write(tmp_path, otherwise)
    told = steps_of(results)
    rows = summary(results)
    rows = rows[rows["base"] != ""].set_index("step")
    pairs = {one["step"]: paired(told, one) for one in told.all if one["base"]}
    assert {one.forward for one in pairs.values()} == {True, False}
    for name, one in pairs.items():
        assert rows.loc[name, "delta"] == pytest.approx(np.mean(one.differences[:5]))
    found = contributions(results)
    assert found["n"].tolist() == rows["pairs"].tolist()
    signs = [1, 1, 1, -1]
    assert found["value"].to_numpy() == pytest.approx(signs * rows["delta"].to_numpy())
    ends = [rows["delta_ci_low"], rows["delta_ci_low"], rows["delta_ci_low"], -rows["delta_ci_high"]]
    assert found["low"].to_numpy() == pytest.approx([end.iloc[i] for i, end in enumerate(ends)])


def test_what_a_look_decided_is_told_by_its_seeds_after_later_looks(tmp_path):
    results = write(tmp_path, otherwise, taken=2)
    rows = summary(results).set_index("step")
    (batch_norm,) = [one for one in steps_of(results).all if one["step"] == "batch_norm"]
    differences = paired(steps_of(results), batch_norm).differences
    kept = rows.loc["batch_norm"]
    assert (kept["pairs"], kept["looks"], kept["verdict_kind"]) == (5, 1, "helps")
    assert differences.mean() < 0 < kept["delta_ci_low"]
    assert kept["delta"] == pytest.approx(differences[:5].mean())
    found = contributions(results).set_index("trick").loc["batch norm"]
    assert (found["n"], found["value"], found["low"]) == (
        5,
        pytest.approx(kept["delta"]),
        kept["delta_ci_low"],
    )
