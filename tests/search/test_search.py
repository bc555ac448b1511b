"""A search from start to end: its stages, what it keeps, what it writes. Training itself is mostly made up."""

import itertools
import json
import math
import subprocess
import time

import numpy as np
import pytest
import tiny

from ablation import report, search, study
from ablation.cli import main
from ablation.errors import UserError
from ablation.report import style
from ablation.results import read as results
from ablation.runner.options import Options
from ablation.search import figures, page, table
from ablation.search import notes as notes_file
from ablation.search import report as search_report

pytest.importorskip("keras")
pytest.importorskip("optuna")

SPACE = ("training.learning_rate=log 1e-5 1e-1", "network.l2=log 1e-6 1e2")
BEST_RATE = 3e-3
REAL_PNG = style.png


@pytest.fixture
def hill(no_training, monkeypatch):
    """Training is made up: the nearer the learning rate to `BEST_RATE`, the better; from 0.02 it diverges."""

    def train(trial, splits, **rest):
        assert len(splits.x_test) == len(splits.y_test) == 0, "a search sees no test image"
        record = no_training(trial, splits, **rest)
        rate = trial.setting.recipe.learning_rate
        score = 1 / (1 + abs(math.log10(rate / BEST_RATE)))
        record |= {"val_accuracy": score, "best_val_accuracy": score, "test_accuracy": None, "gap": None}
        if rate > 0.02:
            return {key: record[key] for key in ("config_hash", "seed", "epochs_run", "epochs")} | {
                "status": "diverged",
                "error": "loss 9 in step 1 of epoch 1, over 3 times the first, 2",
            }
        return record

    monkeypatch.setattr("ablation.runner.executors.local.train", train)
    monkeypatch.setattr("ablation.report.style.png", lambda figure: b"drawn elsewhere")
    return no_training


def tuned(file, out, **wanted):
    loaded = study.load(str(file))
    options = {key: wanted.pop(key) for key in ("fresh", "jobs", "sets") if key in wanted}
    wanted = {"space": SPACE, "coarse": "12x1", "fine": "6x2"} | wanted
    asked = search.search_of(loaded, **wanted)
    return search.tune(loaded, asked, Options(preset="full", out=out, **options), tiny.Quiet())


def contents(folder) -> dict[str, str]:
    """All a search wrote but figures, times and what was left over."""
    files = ["tune.csv", "tune.md", "tuned.yaml", "tune.json"]
    return {name: (folder / name).read_text() for name in files}


def test_fine_is_longer_and_lies_around_the_best_of_coarse(study_file, tmp_path, hill):
    out = tmp_path / "out"
    outcome = tuned(study_file(), out)
    assert (outcome.failed, outcome.interrupted) == (0, False)
    recipes = [trial.setting.recipe for trial in hill.trained]
    assert [recipe.epochs for recipe in recipes] == [1] * 12 + [2] * 6
    assert {recipe.stop_at_loss for recipe in recipes} == {3.0}
    notes = json.loads((out / "tune.json").read_text())
    coarse, fine = notes["stages"]
    ranked = sorted(
        coarse["values"], key=lambda one: abs(math.log(one["training.learning_rate"] / BEST_RATE))
    )
    best = [one["training.learning_rate"] for one in ranked[:3]]
    ends = fine["space"]["training.learning_rate"]
    assert ends["low"] == pytest.approx(min(best) * 10**-0.4)
    assert ends["high"] == pytest.approx(min(max(best) * 10**0.4, 0.1))
    assert all(ends["low"] <= one["training.learning_rate"] <= ends["high"] for one in fine["values"])
    assert notes["default"] == {"training.learning_rate": 0.001, "network.l2": 0.0}


def test_the_table_has_a_row_a_trial_and_says_what_diverged(study_file, tmp_path, hill):
    tuned(study_file(), tmp_path / "out")
    rows = tiny.table(tmp_path / "out" / "tune.csv")
    assert [(row["stage"], row["trial"]) for row in rows] == [
        *(("coarse", str(n)) for n in range(1, 13)),
        *(("fine", str(n)) for n in range(1, 7)),
    ]
    wild = [row for row in rows if float(row["training.learning_rate"]) > 0.02]
    assert wild and all(row["status"] == "diverged" and "over 3 times" in row["error"] for row in wild)
    page = (tmp_path / "out" / "tune.md").read_text()
    best = max((row for row in rows if row["stage"] == "fine"), key=lambda row: row["val_accuracy"])
    first = next(
        line for line in page.partition("## Fine")[2].splitlines() if line.startswith("| ") and "%" in line
    )
    assert first.startswith(f"| {100 * float(best['val_accuracy']):.1f} % | ")
    assert f"{len(wild)} diverged" in page and "no test image is looked at" in page


def test_a_search_ends_with_its_best_value_and_its_gain(study_file, tmp_path, hill):
    tuned(study_file(), tmp_path / "out")
    table = tiny.table(tmp_path / "out" / "tune.csv")
    done = [row for row in table if row["status"] == "done"]
    best = max(done, key=lambda row: float(row["val_accuracy"]))
    first = [float(row["val_accuracy"]) for row in done if row["stage"] == "coarse"]
    gain = 100 * (float(best["val_accuracy"]) - np.median(first))
    told = search_report.answer(tmp_path / "out")
    rate = float(best["training.learning_rate"])
    assert told.startswith(f"Best: learning_rate {rate:.3g}, l2 ")
    assert (
        f"{100 * float(best['val_accuracy']):.1f} % on validation (trial {best['trial']} of {best['stage']})"
        in told
    )
    assert f"{gain:+.1f} points over the median of the first {len(first)} trials" in told


def test_a_search_at_smoke_answers_nothing(study_file, tmp_path, hill):
    tuned(study_file(), tmp_path / "out")
    notes = notes_file.read(tmp_path / "out")
    found = table.table(notes, tmp_path / "out")
    told = page.answer(notes | {"preset": "smoke"}, found)
    assert told.startswith("Nothing is measured here: preset smoke") and "Best" not in told


def test_the_tuned_study_holds_the_default_and_what_was_found(study_file, tmp_path, hill):
    out = tmp_path / "out"
    tuned(study_file(), out, step="batch_norm")
    text = (out / "tuned.yaml").read_text()
    header = text.partition("\nstudy:")[0]
    assert all(line.startswith("#") for line in header.splitlines())
    for part in ("command", "data      shapes, 64 training and 32 validation", "measured  coarse: 12 trials"):
        assert part in header
    default, found = study.plan(study.load(str(out / "tuned.yaml")), preset="full", dataset="shapes")
    (original,) = study.plan(
        study.load(str(study_file())), preset="full", dataset="shapes", steps=["batch_norm"]
    )
    assert (
        tiny.trial_of(default.setting.recipe).config_hash
        == tiny.trial_of(original.setting.recipe).config_hash
    )
    assert default.setting.sizes == original.setting.sizes and found.setting.sizes.test == 32
    changes = found.setting.recipe.changes_from(default.setting.recipe)
    rows = [row for row in tiny.table(out / "tune.csv") if row["stage"] == "fine"]
    best = max(rows, key=lambda row: float(row["val_accuracy"]))
    assert {key: new for key, (_, new) in changes.items()} == pytest.approx(
        {"learning_rate": float(best["training.learning_rate"]), "l2": float(best["network.l2"])}, rel=1e-9
    )


def test_the_same_search_again_trains_nothing_and_a_longer_one_only_what_is_new(study_file, tmp_path, hill):
    out = tmp_path / "out"
    tuned(study_file(), out)
    before = contents(out)
    tuned(study_file(), out)
    assert len(hill.trained) == 18 and contents(out) == before
    tuned(study_file(), out, fine="8x2")
    assert len(hill.trained) == 20
    again = tiny.table(out / "tune.csv")
    assert again[:18] == tiny.table(out / "tune.csv")[:18] and len(again) == 20


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["random", "grid", "tpe"])
def test_a_search_killed_at_any_trial_and_resumed_is_the_uninterrupted_one(
    study_file, tmp_path, hill, sampler
):
    class Killed(BaseException):
        pass

    sizes = {"coarse": "6x1", "fine": "4x2", "samplers": (sampler,)}
    tuned(study_file(), tmp_path / "whole", **sizes)
    whole, hill.trained = hill.trained, []
    death = iter(range(1, 1000))

    def kill(trial) -> None:
        if next(death) % 3 == 0:
            raise Killed

    hill.fail = kill
    deaths = 0
    while True:
        try:
            tuned(study_file(), tmp_path / "out", **sizes)
            break
        except Killed:
            deaths += 1
            hill.trained.pop()
    assert deaths >= 3
    assert [trial.config_hash for trial in hill.trained] == [trial.config_hash for trial in whole]
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_ctrl_c_ends_a_search_after_the_epoch(study_file, tmp_path, hill):
    import os
    import signal

    def interrupt(trial) -> None:
        if len(hill.trained) == 3:
            os.kill(os.getpid(), signal.SIGINT)

    hill.fail = interrupt
    assert tuned(study_file(), tmp_path / "out", coarse="6x1", fine="2x1").interrupted
    hill.fail = lambda trial: None
    assert not tuned(study_file(), tmp_path / "out", coarse="6x1", fine="2x1").interrupted
    assert len({trial.config_hash for trial in hill.trained}) == len(hill.trained) == 8


@pytest.mark.slow
def test_tpe_learns_from_earlier_trials(study_file, tmp_path, hill):
    tuned(study_file(), tmp_path / "out", samplers=("tpe",), coarse="24x1", fine="1x1")
    rates = [trial.setting.recipe.learning_rate for trial in hill.trained[:24]]
    far = [abs(math.log10(rate / BEST_RATE)) for rate in rates]
    assert np.mean(far[12:]) < np.mean(far[:5])


def test_a_trick_s_parameter_can_be_searched(study_file, tmp_path, hill):
    out = tmp_path / "out"
    space = ("tricks.noise.stddev=log 1e-3 1e-1", "network.activation=[relu, elu]")
    tuned(study_file(), out, step="batch_norm", space=space, coarse="5x1", fine="3x1")
    noises = [trial.setting.recipe.augment[0].options["stddev"] for trial in hill.trained]
    assert len(set(noises)) == 8 and all(1e-3 <= noise <= 1e-1 for noise in noises)
    assert all(trial.setting.recipe.norm is not None for trial in hill.trained)
    default, found = study.plan(study.load(str(out / "tuned.yaml")), preset="full", dataset="shapes")
    assert default.setting.recipe.augment[0].options["stddev"] == 0.01
    assert json.loads((out / "tune.json").read_text())["default"]["tricks.noise.stddev"] == 0.01
    assert found.setting.recipe.augment[0].options["stddev"] in noises


def test_samplers_are_compared_at_equal_budgets(study_file, tmp_path, hill):
    out = tmp_path / "out"
    tuned(study_file(), out, samplers=("random", "grid"), coarse="9x1")
    assert len(hill.trained) == 18
    rows = tiny.table(out / "tune.csv")
    rates = {
        sampler: {row["training.learning_rate"] for row in rows if row["stage"] == sampler}
        for sampler in ("random", "grid")
    }
    assert (len(rates["random"]), len(rates["grid"])) == (9, 3), "a grid spends its trials on few values"
    assert (out / "figures" / "best_so_far.png").exists() and not (out / "tuned.yaml").exists()


def test_the_figures_show_every_trial(study_file, tmp_path, hill):
    out = tmp_path / "out"
    tuned(study_file(), out, coarse="6x1", fine="3x1")
    notes = notes_file.read(out)
    drawn = figures.drawings(notes, table.table(notes, out))
    assert list(drawn) == ["space", "fields"]
    points = [some.get_offsets() for some in drawn["space"].axes[0].collections]
    assert [len(some) for some in points] == [
        len(table.ranked(table.table(notes, out), stage)) for stage in ("coarse", "fine")
    ]
    axes = drawn["space"].axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert any(text.get_text().startswith("best, ") for text in drawn["space"].legends[0].get_texts())
    assert REAL_PNG(drawn["fields"]).startswith(b"\x89PNG")


def test_the_best_so_far_is_averaged_over_all_orders():
    scores = np.array([0.3, 0.9, 0.1, 0.5])
    orders = [np.maximum.accumulate(order) for order in itertools.permutations(scores)]
    assert table.expected_best(scores) == pytest.approx(np.mean(orders, axis=0))


def test_a_stage_without_a_done_trial_is_told(study_file, tmp_path, hill):
    with pytest.raises(UserError, match="no trial of the coarse stage was done"):
        tuned(study_file(), tmp_path / "out", space=("training.learning_rate=log 0.06 0.1",))


def test_another_search_in_the_same_folder_is_refused_until_fresh(study_file, tmp_path, hill):
    out = tmp_path / "out"
    tuned(study_file(), out)
    with pytest.raises(UserError, match="out/coarse: holds results of other settings"):
        tuned(study_file(), out, seed=1)
    tuned(study_file(), out, seed=1, fresh=True)
    assert json.loads((out / "tune.json").read_text())["seed"] == 1


def test_a_run_s_folder_is_no_search_s(study_file, tmp_path, hill):
    tuned(study_file(), tmp_path / "out", coarse="3x1", fine="1x1")
    with pytest.raises(UserError, match="coarse: holds the results of a run"):
        tuned(study_file(), tmp_path / "out" / "coarse")


def test_report_rebuilds_a_search_from_its_folder(study_file, tmp_path, hill, capsys):
    out = tmp_path / "out"
    tuned(study_file(), out)
    before = contents(out)
    for name in ("tune.csv", "tune.md", "figures/space.png", "figures/fields.png"):
        (out / name).unlink()
    assert main(["report", str(out)]) == 0
    assert contents(out) == before and "space.png" in capsys.readouterr().out
    with pytest.raises(UserError, match="not judged on test images"):
        report.write(out / "coarse")
    (out / "tune.json").write_text('{"contract": 1}')
    with pytest.raises(UserError, match=r"tune\.json: not a search's notes"):
        search_report.write(out)


def test_the_search_s_report_imports_neither_keras_nor_optuna():
    code = (
        "import sys, ablation.search.figures as _; print({*sys.modules} & {'keras', 'tensorflow', 'optuna'})"
    )
    assert tiny.python("-c", code, cwd=study.STUDIES).stdout.strip() == "set()"


def test_a_study_says_what_is_searched(study_file, tmp_path, hill):
    tune = {
        "step": "noise",
        "space": {"training.learning_rate": "log 1e-4 1e-2", "network.activation": ["relu", "elu"]},
        "sampler": "grid",
        "coarse": "4x1",
        "fine": "4x2",
    }
    loaded = study.load(str(study_file(tune=tune)))
    asked = search.search_of(loaded)
    assert (asked.step, asked.samplers, asked.coarse.trials, asked.fine.epochs) == ("noise", ("grid",), 4, 2)
    assert list(asked.space) == list(tune["space"])
    assert search.search_of(loaded, step="baseline", coarse="7x2").coarse.trials == 7


@pytest.mark.parametrize(
    ("tune", "told"),
    [
        ({"step": "nois"}, "tiny.yaml: tune.step: unknown 'nois'; did you mean 'noise'?"),
        ({"sampler": "gird"}, "tiny.yaml: tune.sampler: unknown 'gird'; did you mean 'grid'?"),
        ({"coarse": "30"}, "tiny.yaml: tune.coarse: expected TRIALSxEPOCHS like 30x3, found '30'"),
        ({"coarse": "0x3"}, "tiny.yaml: tune.coarse.trials: expected greater than or equal to 1, found 0"),
        ({"space": {"network.l2": "log 1 0"}}, "tiny.yaml: tune.space.network.l2: expected a low end below"),
        ({"spaces": {}}, "tiny.yaml: tune.spaces: unknown key; did you mean 'space'?"),
    ],
)
def test_a_mistake_in_a_study_s_search_is_one_line(study_file, tune, told):
    with pytest.raises(UserError) as error:
        study.load(str(study_file(tune=tune)))
    assert str(error.value).startswith(told)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--space", "network.l2"], "--space network.l2: expected KEY=RANGE like"),
        (["--space", "network.l2=log 1e-5"], "--space network.l2: expected 'log 1e-6 1e-3'"),
        (["--space", "network.l2=log -1 1"], "--space network.l2: expected ends above 0"),
        (["--space", "network.l2=["], "--space network.l2: line 1:"),
        (["--space", "network.l2=uniform -1 1"], "network.l2: expected greater than or equal to 0, found -1"),
        (["--space", "network.activation=[relu, relo]"], "network.activation: unknown 'relo'; did you mean 'relu'?"),
        (["--space", "tricks.dropout.rate=uniform 0 .5"], "tricks.dropout: the ladder has no such trick"),
        (["--space", "tricks.noise.stddev=uniform .1 .5"], "tricks.noise.stddev: changes nothing in step 'baseline'"),
        (["--step", "nose"], "--step: unknown step 'nose'; did you mean 'noise'?"),
        (["--sampler", "rnadom"], "--sampler: unknown 'rnadom'; did you mean 'random'?"),
        (["--sampler", "grid", "--fine", "3x1"], "--sampler grid: expected 4 trials or more"),
        (["--coarse", "30"], "--coarse: expected TRIALSxEPOCHS like 30x3, found '30'"),
        (["--seed", "one"], "argument --seed: expected a whole number"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_command_is_one_line_and_nothing_is_written(
    study_file, tmp_path, monkeypatch, capsys, arguments, told
):
    file = study_file()
    monkeypatch.chdir(tmp_path)
    assert main(["tune", str(file), "--preset", "full", *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1 and "Traceback" not in error
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_a_real_search_killed_with_sigkill_ends_like_a_quiet_one(study_file, tmp_path):
    file = study_file(
        tune={"coarse": "3x2", "fine": "2x3", "space": {"training.learning_rate": "log 1e-4 1e-1"}}
    )
    options = ("--preset", "full", "--jobs", "1", "--out", str(tmp_path / "out"))
    asked = {"space": (), "coarse": "", "fine": ""}
    tuned(file, tmp_path / "whole", **asked)
    for stage in ("coarse", "fine"):
        process = subprocess.Popen(
            [tiny.ready(), "-m", "ablation", "tune", str(file), *options],
            cwd=tmp_path,
            env=tiny.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        trials = tmp_path / "out" / stage / "trials"
        while process.poll() is None and not list(trials.glob("*.json")):
            time.sleep(0.02)
        process.kill()
        process.communicate()
    kept = {file: file.read_bytes() for file in (tmp_path / "out").glob("*/trials/*.json")}
    tuned(file, tmp_path / "out", **asked)
    assert len(kept) >= 4 and all(file.read_bytes() == content for file, content in kept.items())
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    found = results.load(tmp_path / "out" / "coarse").trials
    assert found["test_accuracy"].isna().all() and found["val_accuracy"].notna().any()


EVIL_TITLE = "two\nlines: of <b>a</b> | `b`"


def test_a_title_of_two_lines_neither_breaks_nor_steers_what_is_written(study_file, tmp_path, hill):
    out = tmp_path / "out"
    tuned(study_file(title=EVIL_TITLE), out, coarse="4x1", fine="3x1")
    text = (out / "tuned.yaml").read_text()
    assert study.load(str(out / "tuned.yaml")).title.startswith("two\nlines: of")
    assert all(line.startswith("#") for line in text.partition("\nstudy:")[0].splitlines())
    notes = json.loads((out / "tune.json").read_text()) | {
        "title": f"\x1b[2J{EVIL_TITLE}",
        "command": "a `b`\x07",
    }
    (out / "tune.json").write_text(json.dumps(notes))
    search_report.write(out)
    page = (out / "tune.md").read_text()
    assert "\x1b" not in page and "\x07" not in page and "<b>" not in page
    assert page.splitlines()[2] == "`a 'b'`"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda notes: notes["stages"][0].update(name="../other"), "stages.0.name"),
        (lambda notes: notes.pop("default"), "default"),
        (lambda notes: notes.pop("dataset"), "dataset"),
        (lambda notes: notes["stages"][0]["values"].append({}), "values.4: expected the keys of default"),
        (lambda notes: notes["stages"][0]["space"]["network.l2"].update(high=1e308), "space.network.l2"),
        (lambda notes: notes["stages"][0].update(values="many"), "stages.0.values"),
        (lambda notes: notes["stages"][1].update(name="coarse"), "stages: expected different names"),
    ],
)
def test_damaged_notes_of_a_search_are_one_line(study_file, tmp_path, hill, capsys, damage, told):
    out = tmp_path / "out"
    tuned(study_file(), out, coarse="4x1", fine="3x1")
    notes = json.loads((out / "tune.json").read_text())
    damage(notes)
    (out / "tune.json").write_text(json.dumps(notes))
    capsys.readouterr()
    assert main(["report", str(out)]) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1 and "Traceback" not in error
