"""The design `orders`, and designs at other epochs and protocols."""

import itertools
from typing import Any

import pytest
import tiny
from tiny import run_study, tables

from ablation.errors import UserError
from ablation.results.read import load as load_results
from ablation.study import Study, draw_orders, plan, variants

LADDER: list[dict[str, Any]] = [
    {"step": "baseline"},
    {"step": "drop", "tricks": [{"dropout": {"rate": 0.5}}]},
    {"step": "decay", "tricks": ["l2"], "title": "L2"},
    {"step": "wide", "tricks": [{"capacity": {"factor": 2}}]},
]


def study(**fields: Any) -> Study:
    return Study.model_validate({"study": "x", "network": {"widths": [4]}, "ladder": LADDER} | fields)


def steps_of(design: str, **fields: Any) -> list[Any]:
    return list(plan(study(**fields), preset="full", dataset="shapes", design=design))


def orders_of(steps: list[Any]) -> list[tuple[str, ...]]:
    """The orders that a plan goes through, as the steps' own names."""
    numbers = dict.fromkeys(step.step.partition("_")[0] for step in steps[1:])
    return [
        tuple(step.step.partition("_")[2] for step in steps if step.step.startswith(f"{number}_"))
        for number in numbers
    ]


def anywhere(below: tuple[int, ...], item: int) -> bool:
    return True


def test_every_order_climbs_from_the_first_step_to_the_full_recipe():
    steps = steps_of("orders")
    orders = orders_of(steps)
    assert len(orders) == 4 == len(set(orders))
    assert all(sorted(order) == ["decay", "drop", "wide"] for order in orders)
    full = plan(study(), preset="full", dataset="shapes")[-1].setting
    settings = {step.step: step.setting for step in steps}
    for number, order in enumerate(orders, start=1):
        bases = ["start", *(f"o{number}_{name}" for name in order)]
        assert [step.base for step in steps if step.step.startswith(f"o{number}_")] == bases[:-1]
        assert settings[bases[-1]] == full


def test_a_set_of_tricks_is_one_setting_whatever_the_order():
    tricks = ("noise", "flip", "dropout")  # noise and flip stand in one list of layers, where order shows
    ladder = [{"step": "baseline"}, *({"step": name, "tricks": [name]} for name in tricks)]
    steps = steps_of("orders", ladder=ladder, orders=6)
    below: dict[frozenset[str], list[Any]] = {}
    seen: dict[str, frozenset[str]] = {"start": frozenset()}
    for step in steps[1:]:
        seen[step.step] = seen[step.base] | {step.step.partition("_")[2]}
        below.setdefault(seen[step.step], []).append(step.setting)
    assert len(below) == 7
    assert all(setting == settings[0] for settings in below.values() for setting in settings)


def test_orders_share_trials_with_each_other_and_with_the_other_designs(study_file, tmp_path, no_training):
    designs = ("cumulative", "leave-one-out", "add-one", "orders")
    outcome = run_study(study_file(), tmp_path / "out", designs=designs)
    rows = tables(tmp_path / "out")["trials"]
    assert outcome.trained == len({row["config_hash"] for row in rows}) == 4, "two tricks: four sets"
    assert sum(row["design"] == "orders" for row in rows) == 5


def test_orders_are_the_same_every_time_and_more_of_them_begin_with_the_same_ones():
    assert draw_orders(range(7), 4, 0, anywhere) == draw_orders(range(7), 9, 0, anywhere)[:4]
    assert draw_orders(range(7), 4, 0, anywhere) != draw_orders(range(7), 4, 1, anywhere)
    assert draw_orders(range(1, 5), 2, 0, anywhere) == [(3, 2, 4, 1), (4, 3, 2, 1)]


def test_where_there_are_few_orders_each_is_drawn_once():
    assert sorted(draw_orders(range(3), 50, 0, anywhere)) == list(itertools.permutations(range(3)))
    assert draw_orders([], 4, 0, anywhere) == [()]


def test_every_order_is_as_likely_as_any_other():
    first = [draw_orders(range(3), 1, seed, anywhere)[0] for seed in range(3000)]
    counts = [first.count(order) for order in itertools.permutations(range(3))]
    assert all(430 <= count <= 570 for count in counts), counts


def test_a_step_that_makes_no_sense_alone_waits_for_what_it_needs():
    ladder = [
        {"step": "baseline"},
        {"step": "residual", "tricks": ["residual"]},
        {"step": "depth", "tricks": ["stochastic_depth"], "needs": ["residual"]},
        {"step": "l2", "tricks": ["l2"]},
    ]
    orders = orders_of(steps_of("orders", ladder=ladder, orders=50))
    assert sorted(orders) == [
        ("l2", "residual", "depth"),
        ("residual", "depth", "l2"),
        ("residual", "l2", "depth"),
    ]


def test_a_step_that_cannot_be_built_alone_waits_too():
    ladder = [
        {"step": "baseline", "network": {"convs_per_block": [1]}},
        {"step": "deep", "network": {"widths": [4, 8], "convs_per_block": [1, 1]}},
        {"step": "deeper", "network": {"convs_per_block": [2, 2]}},
    ]
    assert orders_of(steps_of("orders", ladder=ladder)) == [("deep", "deeper")]


def test_needs_must_name_steps_above():
    with pytest.raises(ValueError, match=r"ladder\.1\.needs: expected steps above 'drop', found 'wide'"):
        study(ladder=[LADDER[0], LADDER[1] | {"needs": ["wide"]}, LADDER[3]])


def test_more_orders_and_other_designs_join_the_folder(study_file, tmp_path, no_training):
    tricks = ("noise", "batch_norm", "l2", "residual")
    ladder = [{"step": "baseline"}, *({"step": name, "tricks": [name]} for name in tricks)]
    out = tmp_path / "out"
    run_study(study_file(ladder=ladder, orders=3), out, designs=("orders",))
    three = tables(out)["trials"]
    run_study(study_file(ladder=ladder, orders=5), out, designs=("orders",))
    assert tables(out)["trials"][: len(three)] == three
    run_study(study_file(ladder=ladder, orders=3), out, designs=("cumulative@2",), controls=("aa",))
    run_study(study_file(ladder=ladder, orders=3), out, designs=("add-one",), protocol="lecture")
    rows = tables(out)["trials"]
    assert len([row for row in rows if row["design"] == "orders"]) == 1 + 5 * 4
    assert {row["design"] for row in rows} == {"orders", "cumulative@2", "add-one@lecture"}
    manifest = load_results(out).manifest
    assert {step["step"]: step["control"]["kind"] for step in manifest["steps"] if step["control"]} == {
        "aa": "aa"
    }


def test_a_design_has_a_variant_for_each_budget_and_protocol():
    def texts(loaded: Study, *asked: Any) -> tuple[str, ...]:
        return tuple(map(str, variants(loaded, *asked)))

    assert texts(study(), ["cumulative", "orders"], [10, 20]) == (
        "cumulative@10", "cumulative@20", "orders@10", "orders@20",
    )  # fmt: skip
    assert texts(study(), [], [], "both") == ("cumulative", "cumulative@lecture")
    assert texts(study(protocol="lecture"), [], [], "both") == ("cumulative@honest", "cumulative")
    assert texts(study(), ["add-one@5@honest"]) == ("add-one@5",)
    assert texts(study(), ["add-one@5@lecture"]) == ("add-one@5@lecture",)
    assert [step.setting.recipe.epochs for step in steps_of("cumulative@7")] == [7] * 4
    assert {step.protocol for step in steps_of("cumulative@lecture")} == {"lecture"}


@pytest.mark.parametrize("design", ["cumulative@0", "cumulative@x", "cumulative@", "cumulative@9999999999"])
def test_what_stands_behind_a_design_must_be_epochs_or_a_protocol(design):
    with pytest.raises(UserError, match="design: expected epochs or a protocol after 'cumulative@'"):
        steps_of(design)
    with pytest.raises(UserError, match="protocol: unknown 'honst'; did you mean 'honest'"):
        variants(study(), [], [], "honst")


def test_budgets_are_trained_with_what_depends_on_their_epochs(study_file, tmp_path, no_training):
    run_study(study_file(), tmp_path / "out", budgets=(1, 2, 3))
    trained = [trial.setting.recipe.epochs for trial in no_training.trained]
    assert trained == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    rows = tables(tmp_path / "out")["trials"]
    assert [row["design"] for row in rows[::3]] == ["cumulative@1", "cumulative@2", "cumulative@3"]
    again = run_study(study_file(), tmp_path / "out")
    assert (again.trained, again.kept) == (0, 3), "three epochs are what the study says"


def test_both_protocols_lie_in_one_folder(study_file, tmp_path, no_training):
    run_study(study_file(), tmp_path / "out", protocol="both")
    protocols = {trial.protocol for trial in no_training.trained}
    assert protocols == {"honest", "lecture"} and len(no_training.trained) == 6
    steps = load_results(tmp_path / "out").manifest["steps"]
    assert [(step["design"], step["protocol"]) for step in steps[::3]] == [
        ("cumulative", "honest"),
        ("cumulative@lecture", "lecture"),
    ]
    assert tiny.STUDY["dataset"] == "shapes"
