"""What README and docs quote: figures by hand from a made-up run."""

import json

import pandas as pd
import pytest

from ablation.errors import UserError
from ablation.lectures import effects, quote

ROWS = [
    # design, step, base, role, n, test, low, high, gap, delta, low, high, kind, words, gap delta, low, high, gap kind,
    # time factor, low, high, points a minute
    ("cumulative", "start", "", "start", 5, 0.50, 0.49, 0.51, 0.40, *[None] * 13),
    ("cumulative", "drop", "start", "added", 5, 0.58, 0.57, 0.59, 0.10, 0.08, 0.07, 0.09, "helps", "helps",
     -0.30, -0.35, -0.25, "narrows", 1.5, 1.4, 1.6, 16),
    ("leave-one-out", "without-drop", "full", "left_out", 5, 0.60, 0.59, 0.61, 0.20, 0.02, 0.01, 0.03, "hurts",
     "drop hurts", 0.10, 0.05, 0.15, "narrows", 1.1, 0.9, 1.3, None),
    ("cumulative", "deep", "drop", "added", 5, 0.30, 0.2, 0.4, 0.1, -0.28, -0.5, -0.1, "open",
     "learns 2 of 5, base 5 of 5", 0.0, -0.1, 0.1, "open", 2, None, None, None),
]  # fmt: skip
COLUMNS = (
    "design", "step", "base", "role", "n", "test_mean", "test_ci_low", "test_ci_high", "gap_mean", "delta",
    "delta_ci_low", "delta_ci_high", "verdict_kind", "verdict_words", "gap_delta", "gap_delta_low", "gap_delta_high",
    "gap_verdict_kind", "time_factor", "time_factor_low", "time_factor_high", "points_per_minute",
)  # fmt: skip


def write(folder, name, images, epochs=18):
    place = folder / "made_up" / name
    place.mkdir(parents=True)
    table = pd.DataFrame(ROWS, columns=COLUMNS).assign(
        pairs=5,
        parameters=1000,
        train_seconds=60,
        lecture_val=0.8,
        deviation=0.02,
        seeds_needed=None,
        learns=["yes", "yes", "yes", "2 of 5 seeds"],
    )
    table.drop(columns="role").to_csv(place / "summary.csv", index=False)
    steps = [
        {
            "design": row.design, "step": row.step, "base": row.base or None, "role": row.role,
            "change": "drop" if row.role == "left_out" else row.step, "order": None, "title": row.step, "lecture": {},
            "protocol": "honest", "control": None, "variant": {"design": row.design}, "sizes": {"train": images},
            "recipe": {"epochs": epochs, "widths": [8, 64]},
            "tricks": [{"name": "dropout", "parameters": {}, "card": ""}] if "drop" in row.step else [],
        }
        for row in table.itertuples()
    ]  # fmt: skip
    trials = [
        {"design": step["design"], "step": step["step"], "seed": seed} for step in steps for seed in range(5)
    ]
    manifest = {
        "study": {"name": "made_up"}, "preset": name, "dataset": {"name": "cifar10", "train": images},
        "seeds": [0, 1, 2, 3, 4], "steps": steps, "trials": trials, "git_commit": "0123456789ab", "protocol": "honest",
        "device": "AMD EPYC, 2 cores", "precision": "float32",
    }  # fmt: skip
    (place / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def run(tmp_path):
    write(tmp_path, "quick", 10_000)
    return quote.quoted("made_up", folder=tmp_path)


def test_the_verb_is_the_verdicts(run):
    assert run.effect("drop").told == "gains 8.0 points [+7.0, +9.0], n = 5"
    assert run.effect("drop").gap_told == "narrows the gap by 30.0 points [−35.0, −25.0], n = 5"
    assert run.effect("drop").cell == "+8.0 [+7.0, +9.0] **helps**"


def test_a_trick_left_out_is_told_as_what_it_adds(run):
    effect = run.effect("without-drop")
    assert (effect.trick, effect.told) == ("drop", "costs 2.0 points [−3.0, −1.0], n = 5")
    assert effect.gap_told == "narrows the gap by 10.0 points [−15.0, −5.0], n = 5"


def test_where_seeds_are_counted_the_count_is_told(run):
    assert run.effect("deep").told == "learns 2 of 5, base 5 of 5"
    assert run.tally() == "Shown to help: drop (+8.0) (points, n = 5). Learns under 2 of 5 seeds: deep."
    assert run.all_learn("start", "drop") == "5 of 5 seeds"
    assert run.all_learn("start", "drop", "deep") == "5 of 5 seeds, 5 of 5 seeds and 2 of 5 seeds"


def test_scale_accuracy_and_gap(run):
    assert run.scale == "CIFAR-10, `quick` preset, 10,000 training images, 18 epochs, n = 5 seeds"
    assert run.accuracy("drop") == "58.0 ± 1.0 % (n = 5)"
    assert run.gap("drop") == "10.0 points (n = 5)"
    assert run.commit == "0123456"
    assert run.protocol == "honest"
    assert run.parameters("drop") == "1.0 k"
    assert run.time("drop") == "1 min 00 s (n = 5)"
    assert run.machine == "AMD EPYC, 2 cores, float32"
    threads = quote.Quoted(run.folder)
    threads.manifest["threads"] = 2
    assert threads.machine == "AMD EPYC, 2 cores, 2 threads a trial, float32"


def test_the_ladder_and_the_best(run):
    lines = run.ladder().splitlines()
    assert lines[2] == "| start | 50.0 ± 1.0 % | 40.0 |  |  | 1.0 k | 1 min 00 s | 80.0 % |"
    assert lines[3].startswith("| drop | 58.0 ± 1.0 % | 10.0 | +8.0 [+7.0, +9.0] | helps |")
    assert run.best_told() == "*without-drop* (60.0 ± 1.0 %, n = 5)"


def test_the_price_of_each_trick(run):
    assert run.prices("cumulative").splitlines()[2:] == [
        "| drop | +8.0 [+7.0, +9.0] **helps** | 1.50× [1.40, 1.60] | +16.0 |",
        "| deep | −28.0 [−50.0, −10.0] learns 2 of 5, base 5 of 5 | 2.00× | – |",
    ]
    (line,) = run.prices("leave-one-out").splitlines()[2:]
    assert line == "| drop | −2.0 [−3.0, −1.0] **hurts** | 1.10× [0.90, 1.30] | – |"


def test_the_largest_run_is_quoted_unless_one_is_named(tmp_path):
    write(tmp_path, "quick", 10_000)
    write(tmp_path, "medium", 25_000)
    assert quote.quoted("made_up", folder=tmp_path).folder.name == "medium"
    assert quote.quoted("made_up", "quick", folder=tmp_path).folder.name == "quick"


def test_a_figure_without_a_row_is_refused(run, tmp_path):
    with pytest.raises(UserError, match="expected a row nothing; found start, drop"):
        run.effect("nothing")
    with pytest.raises(UserError, match="expected a reference run"):
        quote.quoted("unknown", folder=tmp_path)


def test_pooling_takes_one_design_a_run_and_the_standard_error_of_the_mean(tmp_path):
    write(tmp_path, "quick", 10_000)
    (one,) = effects.measured("dropout", tmp_path)
    assert (one.step, one.effect.value, one.error) == ("drop", 0.08, pytest.approx(0.02 / 5**0.5))
    assert effects.pooled("dropout", tmp_path).runs == 1
    assert effects.pooled("mixup", tmp_path) is None


def test_published_effects_name_tricks_that_there_are():
    from ablation import tricks

    assert {name for one in effects.all_published() for name in one.tricks} <= set(tricks.names())
    (cutout,) = effects.published("cutout")
    assert (cutout.before, cutout.after, cutout.n) == (95.28, 96.01, "5")


def test_published_lengths_are_those_of_the_fast_ladder_rung_by_rung():
    from ablation import study, tricks

    lengths = effects.published_lengths()
    ladder = [step.step for step in study.load("fast").ladder]
    assert ["plain", *lengths] == ladder
    rungs = [one.epochs["cumulative"] for one in lengths.values()]
    assert [before for before, _ in rungs] == [34, *(after for _, after in rungs[:-1])]
    assert {one.epochs["leave-one-out"][1] for one in lengths.values()} == {rungs[-1][1]} == {9.9}
    assert {one.epochs["add-one"][0] for one in lengths.values()} == {34}
    for trick, (before, after) in zip(lengths, rungs, strict=True):
        assert f"{before:g} -> {after:g} epochs to .94" in tricks.card(trick).replace("\n", " ")
    assert lengths["whitening"].told == (
        "epochs to 94 %: 34 → 21 on the ladder, 22 → 9.9 in the full recipe, 34 → 21 alone"
    )
