from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from synthetic import config_hash, ladder, step, write_study

from ablation.analysis import budgets, contributions, costs, protocols, summary
from ablation.analysis.evaluations import evaluations
from ablation.analysis.floor import control_floor
from ablation.analysis.moderation import estimates
from ablation.analysis.price import PRICE
from ablation.errors import UserError
from ablation.results import evaluations as evaluated

CONTRACT = [
    "step", "position", "n", "test_mean", "test_ci_low", "test_ci_high", "val_mean", "train_mean", "gap_mean",
    "gap_ci_low", "gap_ci_high", "delta", "delta_ci_low", "delta_ci_high", "p_holm", "verdict", "parameters",
    "flops_per_image", "train_seconds", "lecture_val", "lecture_train",
]  # fmt: skip


def accuracy(results, name):
    trials = results.trials[results.trials["step"] == name]
    return trials.sort_values("seed")["test_accuracy"].to_numpy()


def test_summary_has_the_columns_of_the_contract_and_a_row_a_rung(tmp_path):
    table = summary(write_study(tmp_path))
    assert list(table.columns[:22]) == ["design", *CONTRACT]
    assert table["step"].tolist() == [one["step"] for one in ladder()]
    assert table["lecture_val"].tolist()[:2] == [0.78, 0.80]


def test_summary_judges_the_paired_differences_by_the_moderated_t(tmp_path):
    results = write_study(tmp_path, seeds=range(5))
    table = summary(results).set_index("step")
    names = table.index
    differences = [accuracy(results, new) - accuracy(results, old) for old, new in pairwise(names)]
    prior, found = estimates(differences)
    expected = multipletests([one.p for one in found], method="holm")[1]
    assert table["p"].to_numpy()[1:] == pytest.approx([one.p for one in found], abs=1e-12)
    assert table["p_holm"].to_numpy()[1:] == pytest.approx(expected, abs=1e-10)
    row, one = table.loc["batch_norm"], found[1]
    assert (row["prior_deviation"], row["prior_degrees"]) == (prior.deviation, prior.degrees)
    half = one.deviation / 5**0.5 * stats.t.ppf((1 + row["delta_level"]) / 2, 4 + prior.degrees)
    low, high = differences[1].mean() - half, differences[1].mean() + half
    assert (row["delta_ci_low"], row["delta_ci_high"]) == pytest.approx((low, high), abs=1e-10)
    assert row["test_mean"] == pytest.approx(accuracy(results, "batch_norm").mean())
    assert row["gap_mean"] == pytest.approx(row["train_mean"] - row["test_mean"])
    assert np.isnan(table.loc["baseline", "delta"]) and table.loc["baseline", "verdict"] == ""


def test_an_interval_leaves_out_zero_exactly_where_a_step_helps_or_hurts(tmp_path):
    table = summary(write_study(tmp_path, seeds=range(4), test={"residual": 0.70})).iloc[1:]
    leaves_out = (table["delta_ci_low"] > 0) | (table["delta_ci_high"] < 0)
    assert leaves_out.tolist() == table["verdict_kind"].isin(["helps", "hurts"]).tolist()
    assert 0 < leaves_out.sum() < len(leaves_out)


def test_the_gap_is_judged_as_the_accuracy_is(tmp_path):
    results = write_study(tmp_path, seeds=range(5))
    table = summary(results).set_index("step")
    gaps = {name: rows.sort_values("seed")["gap"].to_numpy() for name, rows in results.trials.groupby("step")}
    differences = [gaps[new] - gaps[old] for old, new in pairwise(table.index)]
    expected = multipletests([one.p for one in estimates(differences)[1]], method="holm")[1]
    assert table["gap_p_holm"].to_numpy()[1:] == pytest.approx(expected, abs=1e-10)
    assert table["gap_delta"].to_numpy()[1:] == pytest.approx([one.mean() for one in differences])
    narrower = table[table["gap_verdict_kind"] == "narrows"]
    assert len(narrower) and (narrower["gap_delta_high"] < 0).all()


def test_the_family_is_the_studys_whatever_was_run(tmp_path):
    results = write_study(tmp_path, steps=ladder(3), seeds=range(4))
    alone = summary(results).set_index("step")
    results.manifest["families"] = [{"epochs": None, "protocol": None, "comparisons": 7}]
    whole = summary(results).set_index("step")
    p = sorted(alone["p"].dropna())
    assert sorted(alone["p_holm"].dropna()) == pytest.approx([min(2 * p[0], 1), max(2 * p[0], p[1])])
    assert sorted(whole["p_holm"].dropna()) == pytest.approx(
        [min(7 * p[0], 1), min(max(7 * p[0], 6 * p[1]), 1)]
    )


def test_a_planned_comparison_without_two_pairs_counts_in_the_correction(tmp_path):
    """As one that `--steps` left out does: else a report made halfway through a run would claim too much."""
    steps, seeds = ladder(5), range(4)
    absent = {(one["step"], seed): None for one in steps[3:] for seed in seeds}
    lone = {("dropout", 0): {}} | {place: None for place in absent if place != ("dropout", 0)}
    for name, outcomes in (("absent", absent), ("lone", lone)):
        halfway = summary(
            write_study(tmp_path / name, steps=steps, seeds=seeds, outcomes=outcomes)
        ).set_index("step")
        p = sorted(halfway["p"].dropna())[:2]
        expected = [min(4 * p[0], 1), min(max(4 * p[0], 3 * p[1]), 1)]
        assert sorted(halfway["p_holm"].dropna()) == pytest.approx(expected), name


def test_on_other_test_images_failed_seeds_are_counted_too(tmp_path):
    outcomes = {
        ("noise", seed): {"status": "diverged", "test_accuracy": None, "gap": None} for seed in (1, 3)
    }
    results = write_study(tmp_path, steps=ladder(3), seeds=range(5), outcomes=outcomes)
    done = results.trials[results.trials["status"] == "done"]
    rows = done[["design", "step", "seed", "config_hash", "test_accuracy", "test_loss"]]
    evaluated.write(
        results.folder, rows.assign(dataset="other", images=9, sha256="0" * 64).to_dict("records")
    )
    here, there = summary(results).set_index("step"), evaluations(results).set_index("step")
    for column in ("n", "failed", "learns", "verdict"):
        assert there.loc["noise", column] == here.loc["noise", column], column
    assert (there.loc["noise", "n"], there.loc["noise", "failed"]) == (3, 2)


def test_a_nuisance_comparison_is_outside_the_family(tmp_path):
    steps = [one | {"primary": one["step"] != "noise"} for one in ladder(4)]
    table = summary(write_study(tmp_path, steps=steps, seeds=range(4))).set_index("step")
    assert table["primary"].tolist() == [False, False, True, True]
    assert np.isnan(table.loc["noise", ["p_holm", "gap_p_holm"]].to_numpy(float)).all()
    assert table.loc["noise", "comparisons"] == 1 and table.loc["noise", "gap_verdict"] != ""
    others = table.loc[["batch_norm", "dropout"]]
    assert others["p_holm"].to_numpy() == pytest.approx(multipletests(others["p"], method="holm")[1])


def test_a_large_effect_helps_and_its_loss_hurts(tmp_path):
    table = summary(write_study(tmp_path, seeds=range(6), test={"residual": 0.70})).set_index("step")
    assert table.loc["augment", "verdict"].startswith("helps: +")
    assert table.loc["residual", "verdict"].startswith("hurts: −")


def test_failed_and_missing_trials_are_left_out_and_pairs_are_matched_by_seed(tmp_path):
    outcomes = {("noise", 1): {"status": "diverged", "test_accuracy": 0.1}, ("batch_norm", 0): None}
    results = write_study(tmp_path, seeds=range(4), outcomes=outcomes)
    table = summary(results).set_index("step")
    assert table.loc["noise", ["n", "failed", "pairs"]].tolist() == [3, 1, 3]
    assert table.loc["batch_norm", ["n", "failed", "pairs"]].tolist() == [3, 0, 2]
    by_seed = {name: rows.set_index("seed")["test_accuracy"] for name, rows in results.trials.groupby("step")}
    expected = np.mean([by_seed["batch_norm"][seed] - by_seed["noise"][seed] for seed in (2, 3)])
    assert table.loc["batch_norm", "delta"] == pytest.approx(expected)


def test_one_seed_gives_differences_without_intervals(tmp_path):
    row = summary(write_study(tmp_path, seeds=[0])).set_index("step").loc["batch_norm"]
    assert row["verdict"].startswith("open: +") and row["verdict"].endswith("one pair, no interval")
    assert np.isnan([row["delta_ci_low"], row["p_holm"], row["mde"]]).all() and row["delta"] > 0


def test_a_rung_without_any_trial_keeps_its_row(tmp_path):
    results = write_study(tmp_path, outcomes={("residual", seed): None for seed in range(3)})
    row = summary(results).set_index("step").loc["residual"]
    assert row["n"] == 0 and row["verdict"] == "open: no pair of finished trials"


def test_nothing_done_is_a_mistake_told_in_one_line(tmp_path):
    outcomes = {(one["step"], seed): {"status": "failed"} for one in ladder() for seed in range(3)}
    with pytest.raises(UserError, match=r"at least one done trial.*24 failed") as caught:
        summary(write_study(tmp_path, outcomes=outcomes))
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="at least one done trial"):
        summary(write_study(tmp_path / "b", outcomes=dict.fromkeys(outcomes)))


def test_the_order_of_the_trials_does_not_matter(tmp_path):
    results = write_study(tmp_path, seeds=range(5))
    shuffled = type(results)(
        results.folder, results.manifest, results.trials.sample(frac=1, random_state=1), results.epochs
    )
    assert summary(results).to_csv() == summary(shuffled).to_csv()


def test_a_comparison_that_two_designs_share_counts_once(tmp_path):
    steps = ladder(4)
    again = [{**one, "design": "add-one"} for one in steps[:2]]
    alone = summary(write_study(tmp_path / "a", steps=steps))
    results = write_study(tmp_path / "b", steps=[*steps, *again])
    trials = results.trials.copy()
    trials["config_hash"] = [config_hash("cumulative", row.step, row.seed) for row in trials.itertuples()]
    for (name, seed), value in alone_accuracy(tmp_path / "a").items():
        trials.loc[(trials["step"] == name) & (trials["seed"] == seed), "test_accuracy"] = value
    both = summary(type(results)(results.folder, results.manifest, trials, results.epochs))
    assert both["p_holm"].tolist()[:4] == pytest.approx(alone["p_holm"].tolist(), nan_ok=True)
    assert both["p_holm"].tolist()[5] == both["p_holm"].tolist()[1]


def alone_accuracy(path):
    trials = pd.read_csv(path / "trials.csv")
    return {(row.step, row.seed): row.test_accuracy for row in trials.itertuples()}


def test_costs(tmp_path):
    results = write_study(tmp_path, noise=0, epochs=12)
    rows = summary(results)
    table, rows = costs(results, rows).set_index("step"), rows.set_index("step")
    assert rows.loc["capacity", "points_per_gflop"] == pytest.approx(3.2 / 0.12, rel=0.01)
    assert np.isnan(rows.loc["dropout", "points_per_gflop"])
    assert table["on_flops_front"].to_dict() == {
        **dict.fromkeys(table.index, False),
        "augment": True,
        "capacity": True,
    }
    assert table.loc["baseline", "reached"] == 3
    assert table.loc["baseline", "seconds_to_baseline"] <= 12 * 2.5
    assert table.loc["capacity", "seconds_to_baseline"] < table.loc["batch_norm", "seconds_to_baseline"]


def test_a_trick_costs_what_it_costs_also_where_the_step_leaves_it_out(tmp_path):
    control = {"role": "control", "control": {"kind": "parameters", "label": "wider"}}
    giga = 1_000_000_000
    steps = [
        step("leave-one-out", "full", 0, None, [], role="start", flops_per_image=3 * giga),
        step("leave-one-out", "without-dropout", 1, "full", [], role="left_out", flops_per_image=giga),
        step("leave-one-out", "wider", 2, "full", [], **control),
    ]
    times = {"full": 120.0, "without-dropout": 60.0, "wider": 90.0}
    outcomes = {
        (name, seed): {"train_seconds": times[name] * (1 + seed)} for name in times for seed in (0, 1)
    }
    true = {"full": 0.8, "without-dropout": 0.76, "wider": 0.8}
    more = {"test": true, "train": true, "noise": 0, "seeds": (0, 1), "outcomes": outcomes}
    table = summary(write_study(tmp_path, steps=steps, **more)).set_index("step")
    left_out = table.loc["without-dropout"]
    assert left_out["time_factor"] == left_out["time_factor_low"] == pytest.approx(2)
    assert left_out["points_per_gflop"] == pytest.approx(4 / 2)
    assert left_out["points_per_minute"] == pytest.approx(4 / 1.5)
    assert table.loc[["full", "wider"], list(PRICE)].isna().all(axis=None)


def test_contributions_read_leave_one_out_backwards_and_average_orders(tmp_path):
    steps = [
        step("leave-one-out", "full", 0, None, []),
        step("leave-one-out", "without-dropout", 1, "full", ["dropout"]),
        step("leave-one-out", "without-relu", 2, "full", []),
        step("orders", "start", 0, None, []),
        step("orders", "o1_dropout", 1, "start", ["dropout"], title="dropout (order 1)"),
        step("orders", "o1_l2", 2, "o1_dropout", ["l2"], title="l2 (order 1)"),
        step("orders", "o2_l2", 3, "start", ["l2"], title="l2 (order 2)"),
        step("orders", "o2_dropout", 4, "o2_l2", ["dropout"], title="dropout (order 2)"),
        step("orders", "o1_relu", 5, "o1_l2", [], title="relu (order 1)"),
        step("orders", "o2_relu", 6, "o2_dropout", [], title="relu (order 2)"),
    ]
    true = {"full": 0.8, "without-dropout": 0.75, "without-relu": 0.81, "start": 0.6, "o1_dropout": 0.7}
    true |= {"o1_l2": 0.72, "o2_l2": 0.66, "o2_dropout": 0.72, "o1_relu": 0.72, "o2_relu": 0.72}
    results = write_study(tmp_path, steps=steps, test=true, train=dict.fromkeys(true, 0.9), noise=0)
    table = contributions(results).set_index(["design", "trick"])
    assert table.loc[("leave-one-out", "dropout"), "value"] == pytest.approx(0.05)
    assert table.loc[("leave-one-out", "relu"), "value"] == pytest.approx(-0.01)
    assert table.loc[("orders", "dropout"), "value"] == pytest.approx((0.10 + 0.06) / 2)
    assert table.loc[("orders", "l2"), "value"] == pytest.approx((0.02 + 0.06) / 2)
    assert table.loc[("orders", "l2"), "n"] == 2
    # marginals 0.10 and 0.06: deviation 0.02 sqrt 2, over two orders
    assert table.loc[("orders", "dropout"), "error"] == pytest.approx(0.02)
    assert np.isnan(table.loc[("leave-one-out", "dropout"), "error"])
    assert (summary(results).query("design == 'orders'")["verdict"] == "").all()


def test_the_control_rung_measures_the_noise_floor(tmp_path):
    steps = [*ladder(2), step("cumulative", "aa", 2, "baseline", [])]
    true = {"aa": 0.602}
    results = write_study(tmp_path, steps=steps, test=true, train={"aa": 0.99}, seeds=range(6))
    assert 0.002 < control_floor(results) < 0.02
    assert "aa" not in set(contributions(results)["trick"])
    assert control_floor(write_study(tmp_path / "b")) is None


MATCHED = {"control": {"kind": "compute", "label": "residual against a wider network, same FLOPs"}}


def controlled(path, **given):
    steps = [*ladder(), step("cumulative", "residual:compute", 9, "residual", [], **MATCHED)]
    options = {"seeds": range(6), "noise": 0.002, "train": {"residual:compute": 0.9}}
    return write_study(path, steps=steps, **(options | given))


def test_a_control_says_what_its_step_has_beyond_it(tmp_path):
    results = controlled(tmp_path, test={"residual:compute": 0.75})
    row = summary(results).set_index("step").loc["residual:compute"]
    expected = np.mean(accuracy(results, "residual") - accuracy(results, "residual:compute"))
    assert row["delta"] == pytest.approx(expected) and expected > 0
    assert row["verdict"] == f"helps beyond it: +{100 * expected:.1f} points"
    assert row["control"] == "compute"
    assert "residual:compute" not in set(contributions(results)["trick"])
    assert not costs(results, summary(results)).set_index("step").loc["residual:compute", "on_flops_front"]


def test_neither_a_control_nor_chance_belongs_to_the_primary_family(tmp_path):
    steps = [*ladder(), step("cumulative", "aa", 8, "baseline", [])]
    alone = summary(write_study(tmp_path / "a", seeds=range(5))).set_index("step")
    with_aa = summary(
        write_study(tmp_path / "b", seeds=range(5), steps=steps, test={"aa": 0.602}, train={"aa": 0.9})
    ).set_index("step")
    assert with_aa.loc["noise":"residual", "p_holm"].tolist() == pytest.approx(
        alone.loc["noise":"residual", "p_holm"].tolist()
    )
    assert np.isnan(with_aa.loc["aa", "p_holm"]) and with_aa.loc["aa", "verdict"].startswith("chance: ")
    results = controlled(tmp_path / "c", seeds=range(5), test={"residual:compute": 0.75})
    table = summary(results)
    p_values = table[["p", "p_holm"]].dropna().to_numpy()
    assert p_values[:, 1] == pytest.approx(multipletests(p_values[:, 0], method="holm")[1], abs=1e-10)
    assert len(p_values) == 7
    control = table[table["control"] == "compute"].iloc[0]
    assert np.isfinite(control["p"]) and control["verdict_kind"] and not control["primary"]


def at(design, epochs, protocol="honest", rungs=3):
    return [one | {"design": design, "epochs": epochs, "protocol": protocol} for one in ladder(rungs)]


def test_budgets_put_a_steps_deltas_side_by_side(tmp_path):
    steps = [*at("cumulative@20", 20), *at("cumulative@5", 5), *at("cumulative", 10), *at("add-one", 10)]
    results = write_study(tmp_path, steps=steps)
    table = summary(results)
    found = budgets(results, table).sort_values(["step", "epochs"])
    assert set(found["design"]) == {"cumulative"}
    assert found["step"].tolist() == ["batch_norm"] * 3 + ["noise"] * 3
    assert found["epochs"].tolist() == [5, 10, 20] * 2
    one = table[(table["design"] == "cumulative@5") & (table["step"] == "noise")].iloc[0]
    assert found.iloc[3][["delta", "delta_ci_low"]].tolist() == one[["delta", "delta_ci_low"]].tolist()
    assert budgets(*alone(tmp_path / "b", steps=at("cumulative", 10))).empty


def alone(path, **given):
    results = write_study(path, **given)
    return results, summary(results)


def test_protocols_side_by_side_by_hand(tmp_path):
    steps = [*at("cumulative", 10, rungs=1), *at("cumulative@lecture", 10, "lecture", rungs=1)]
    results = write_study(tmp_path, steps=steps, seeds=range(3))
    trials = results.trials.copy()
    honest, lecture = (trials["design"] == name for name in ("cumulative", "cumulative@lecture"))
    trials.loc[honest, ["test_accuracy", "best_val_accuracy", "val_accuracy"]] = [
        [0.60, 0.65, 0.63],
        [0.61, 0.66, 0.64],
        [0.62, 0.67, 0.65],
    ]
    trials.loc[lecture, ["test_accuracy", "best_val_accuracy"]] = [[0.63, 0.66], [0.65, 0.66], [0.67, 0.69]]
    table = protocols(type(results)(results.folder, results.manifest, trials, results.epochs))
    row = table.iloc[0]
    assert row[["honest_test", "honest_best", "honest_last"]].tolist() == pytest.approx([0.61, 0.66, 0.64])
    assert row[["lecture_best", "lecture_last", "n"]].tolist() == pytest.approx([0.67, 0.65, 3])
    # best minus last on the test curve: 3, 1 and 2 points; best minus honest: 6, 5 and 7
    half = 4.302652729911275 * 0.01 / 3**0.5
    assert row[["selection", "optimism"]].tolist() == pytest.approx([0.02, 0.06])
    assert row[["selection_low", "optimism_high"]].tolist() == pytest.approx([0.02 - half, 0.06 + half])
    assert protocols(write_study(tmp_path / "b")).empty


def test_another_budget_is_a_family_of_its_own(tmp_path):
    steps = [*at("cumulative", 10, rungs=8), *at("cumulative@20", 20, rungs=8)]
    table = summary(write_study(tmp_path, steps=steps, seeds=range(5)))
    for _, rows in table.groupby("design"):
        p_values = rows[["p", "p_holm"]].dropna().to_numpy()
        assert p_values[:, 1] == pytest.approx(multipletests(p_values[:, 0], method="holm")[1], abs=1e-10)


def test_every_order_drawn_leaves_no_monte_carlo_error(tmp_path):
    steps = [
        step("orders", "start", 0, None, []),
        *(
            step("orders", f"o1_{name}", 1 + i, base, [name])
            for i, (name, base) in enumerate((("a", "start"), ("b", "o1_a")))
        ),
        *(
            step("orders", f"o2_{name}", 3 + i, base, [name])
            for i, (name, base) in enumerate((("b", "start"), ("a", "o2_b")))
        ),
    ]
    true = {"start": 0.6, "o1_a": 0.7, "o1_b": 0.72, "o2_b": 0.66, "o2_a": 0.72}
    results = write_study(tmp_path, steps=steps, test=true, train=dict.fromkeys(true, 0.9), noise=0)
    table = contributions(results).set_index("trick")
    assert table.loc["a", ["value", "error"]].tolist() == pytest.approx([0.08, 0.0])
    assert table["every_order"].all()


def test_a_step_s_name_does_not_say_what_it_is(tmp_path):
    fields = {"role": "added", "order": None, "control": None}
    names = ("baseline", "aa", "without-x", "o3_x")
    steps = [
        one
        | fields
        | {
            "step": name,
            "change": name,
            "base": names[i - 1] if i else None,
            "role": "added" if i else "start",
        }
        | {"variant": {"design": "cumulative", "epochs": None, "protocol": None}}
        for i, (one, name) in enumerate(zip(ladder(4), names, strict=True))
    ]
    true = dict(zip(names, (0.6, 0.7, 0.75, 0.8), strict=True))
    results = write_study(tmp_path, steps=steps, test=true, train=dict.fromkeys(true, 0.9), seeds=range(6))
    table = summary(results).set_index("step")
    assert (table["control"] == "").all()
    assert table.loc["aa":, "verdict_kind"].tolist() == ["helps"] * 3
    assert control_floor(results) is None
    assert (contributions(results)["value"] > 0).all() and len(contributions(results)) == 3
