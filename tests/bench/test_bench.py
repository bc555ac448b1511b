"""The benchmark: its contenders train the same networks, its arithmetic is right, its files say what was done."""

import json

import numpy as np
import pandas as pd
import pytest
import tiny

from ablation import tricks
from ablation.bench import Rung, bench, process, ratios
from ablation.bench.forecast import Work
from ablation.bench.process import Contender, Skipped
from ablation.errors import UserError
from ablation.networks.layout import blank_problem, layout
from ablation.recipe import Layer
from ablation.study import load, plan

PROBLEM = blank_problem((16, 16, 3), 10)


def rung(step="baseline", precision="float32"):
    recipe = tiny.recipe(precision=precision)
    return Rung(step, step, recipe, layout(recipe, PROBLEM), Work(recipe, train=1000, judged=120))


def test_ratios_are_taken_within_a_turn_and_their_median_told():
    turns = pd.DataFrame(
        [
            ("baseline", "ours", 1, 200.0, 1e9), ("baseline", "lecture", 1, 100.0, np.nan),
            ("baseline", "ours", 2, 90.0, 1e9), ("baseline", "lecture", 2, 30.0, np.nan),
            ("baseline", "ours", 3, 400.0, 2e9), ("baseline", "lecture", 3, 100.0, np.nan),
            ("baseline", "at_once", 1, 300.0, np.nan),
            ("baseline", "pytorch", np.nan, np.nan, np.nan),
        ],
        columns=["step", "contender", "round", "images_per_second", "ceiling"],
    )  # fmt: skip
    one = rung()
    row = ratios(turns, [one]).iloc[0]
    assert (row["to_lecture"], row["to_lecture_low"], row["to_lecture_high"]) == (3.0, 2.0, 4.0)
    assert row["ours"] == 200 and row["lecture"] == 100 and np.isnan(row["to_pytorch"])
    assert row["at_once_to_ours"] == 1.5 and row["at_once"] == 300
    forward = sum(node.flops for node in one.nodes)
    assert row["share_of_ceiling"] == pytest.approx(200 * 3 * forward / 1e9)
    assert row["at_once_share_of_ceiling"] == pytest.approx(300 * 3 * forward / 1e9)
    an_epoch = 992 + 120 / 3  # batches of 16; a validation image costs a third of a training image
    assert row["training_seconds"] == pytest.approx(3 * an_epoch / 200)
    assert row["at_once_training_seconds"] == pytest.approx(3 * an_epoch / 300)


def test_the_ceiling_is_the_higher_of_a_matrix_product_and_convolutions(monkeypatch):
    monkeypatch.setattr(process, "CEILING_SIDE", 8)
    monkeypatch.setattr(process, "CEILING_IMAGES", 2)
    counted = {}

    def flops(compute, operations):
        counted[tuple(compute().shape)] = operations
        return {8: 5.0, 128: 9.0}.get(compute().shape[-1], 1.0)

    monkeypatch.setattr(process, "_flops", flops)
    assert process.ceiling("mixed_bfloat16") == 9.0
    assert counted == {(8, 8): 2 * 8**3} | {(2, 16, 16, n): 2 * 2 * 256 * 9 * n * n for n in (64, 128, 256)}


def measured_once(ceiling):
    """The machine's ceiling in a precision is measured in one turn, and told in all."""
    known = {}

    def told(contender, precision):
        if precision not in known:
            known[precision] = ceiling(contender, precision)
        return known[precision]

    return told


@pytest.mark.slow
def test_every_rung_of_the_ladder_is_timed_and_what_cannot_take_part_says_why(
    tmp_path, ready_processes, monkeypatch
):
    monkeypatch.setattr("ablation.hardware.default_jobs", lambda: 2)
    monkeypatch.setattr(Contender, "ceiling", measured_once(Contender.ceiling))
    study = load("generalization")
    steps = plan(study, preset="smoke", dataset="shapes", steps=["baseline", "residual"])
    told: list[str] = []
    table = bench(
        steps,
        ((32, 32, 3), 10),
        2000,
        tmp_path,
        rounds=2,
        seconds=0.05,
        setting={"command": "x"},
        say=told.append,
    )
    assert list(table["step"]) == ["baseline", "residual"]
    assert (
        (table[["lecture", "ours", "to_lecture", "share_of_ceiling", "at_once_training_seconds"]] > 0)
        .all()
        .all()
    )
    turns = pd.read_csv(tmp_path / "turns.csv")
    assert (
        turns.groupby(["step", "contender"])["images_per_second"].count().drop("pytorch", level=1) == 2
    ).all()
    left_out = turns[turns["skipped"].notna()]
    assert set(left_out["contender"]) <= {"pytorch"}
    assert all("torch" in reason for reason in left_out["skipped"])
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["command"] == "x" and manifest["rounds"] == 2 and manifest["versions"]["keras"]
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_lectures_script_has_as_many_weights_as_our_network_and_refuses_what_the_lecture_has_not(
    ready_processes,
):
    pytest.importorskip("keras")
    from ablation.bench.lecture import _model

    for name in ("baseline", "noise", "batch_norm", "dropout", "l2", "augment", "capacity", "residual"):
        recipe = tiny.recipe() if name == "baseline" else tricks.apply(name, recipe, {})  # noqa: F821
        ours = sum(node.parameters for node in layout(recipe, PROBLEM))
        norms = sum(width * convs for width, convs in zip(recipe.widths, recipe.block_convs(), strict=True))
        biases = norms if recipe.norm else 0  # the lecture keeps the convolution's bias
        assert _model(recipe, PROBLEM).count_params() == ours + biases, name
    contender = Contender("lecture", PROBLEM)
    try:
        with pytest.raises(Skipped, match="Cutout"):
            contender.prepare(tiny.recipe(augment=(Layer.of("ablation.layers.cutout.Cutout", size=4),)))
        for field, value in (("pool_position", "first"), ("backbone", "MobileNet"), ("label_smoothing", 0.1)):
            with pytest.raises(Skipped, match=f"the lecture's script has no {field}"):
                contender.prepare(tiny.recipe(**{field: value}))
    finally:
        contender.end()


def test_a_folder_of_other_files_is_refused_before_anything_is_timed(tmp_path):
    """A results folder too: its manifest.json would be replaced."""
    for name in ("bench.csv", "manifest.json", ".lock", "trials.csv"):
        (tmp_path / name).write_text(name)
    with pytest.raises(UserError, match=r"holds other files \(trials.csv\); choose another folder"):
        bench([], ((32, 32, 3), 10), 1000, tmp_path, rounds=1, seconds=1, setting={}, say=print)
    assert (tmp_path / "manifest.json").read_text() == "manifest.json"
