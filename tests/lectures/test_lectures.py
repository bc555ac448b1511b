"""Every row of the lectures ends as something that runs, and its figures are judged as the text says."""

import ast
import re
from pathlib import Path

import pytest

from ablation import study, tricks
from ablation.cli.parser import build_parser
from ablation.errors import UserError
from ablation.lectures.document import document, ladder, reference, rows, verdict

ROOT = Path(__file__).parents[2]
ROWS = {row.row: row for row in rows()}
EVERY = (
    *(f"A{i}" for i in range(1, 13)),
    "B",
    "C",
    *(f"D{i}" for i in range(1, 18)),
    *(f"E{i}" for i in range(1, 15)),
)


def test_no_row_of_the_lectures_is_missing_and_each_has_something_that_runs():
    assert set(EVERY) <= set(ROWS)
    assert [name for name in EVERY if not ROWS[name].targets] == []


def test_every_step_is_in_its_study_and_every_trick_exists():
    for row in ROWS.values():
        for one in row.steps:
            name, _, step = one.partition("/")
            assert name in study.names(), one
            assert step == "*" or step in ladder(name), one
        assert set(row.tricks) <= set(tricks.names()), row.row


def test_every_test_exists():
    found: dict[str, set[str]] = {}
    for one in (one for row in ROWS.values() for one in row.tests):
        file, _, name = one.partition("::")
        if file not in found:
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            found[file] = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name in found[file], one


def test_every_check_and_every_command_exists():
    source = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "ablation" / "checks").glob("*.py"))
    for row in ROWS.values():
        for one in row.checks:
            assert re.search(rf'f?"{one.replace("overfits", "overfits {images} images")}"', source), one
        for one in row.commands:
            command, *options = one.split()
            with pytest.raises((UserError, SystemExit)):
                build_parser().parse_args([command, *options, "--no-such-option"])
            assert command in build_parser().format_help(), one
            help_text = build_parser()._subparsers._group_actions[0].choices[command].format_help()
            assert all(option in help_text for option in options), one


def test_every_published_figure_of_a_study_is_in_the_table():
    text = document(ROOT / "nowhere")
    for name in study.names():
        for step, lecture in ladder(name).items():
            if lecture.val is not None or lecture.train is not None:
                assert f"| {name}/{step} |" in text, f"{name}/{step}"


@pytest.mark.parametrize(
    ("one", "claim", "expected"),
    [
        ({"learns": "no", "lecture_train": 0.0998}, "", "reproduced: does not learn"),
        ({"learns": "yes", "lecture_train": 0.0998}, "", "differs: learns: yes"),
        ({"learns": "yes"}, "learns", "reproduced: learns"),
        ({"learns": "2 of 3 seeds"}, "does not learn", "differs: learns: 2 of 3 seeds"),
        ({"lecture_val": 0.78}, "", ""),
        ({"verdict": "helps: +3.0 points", "delta": 0.03}, "", "helps"),
    ],
)
def test_verdicts_on_learning(one, claim, expected):
    assert verdict(one, claim) == expected


def test_a_claim_on_training_accuracy_takes_more_than_leaving_chance():
    one = {"learns": "yes", "train_mean": 0.5, "running_train_mean": 0.992}
    assert verdict(one, "learns", 0.99) == "reproduced: learns, training accuracy over 0.99"
    assert verdict(one | {"running_train_mean": 0.6}, "learns", 0.99) == (
        "differs: training accuracy stays below 0.99"
    )


@pytest.mark.parametrize(
    ("there", "delta", "ours", "expected"),
    [
        (0.03, 0.05, "helps: +5.0 points", "reproduced"),
        (0.03, 0.01, "open: +1.0 points", "no contradiction"),
        (0.08, 0.01, "open: +1.0 points", "open"),
        (0.03, 0.01, "not separable at n = 3: +1.0 points", "no contradiction"),
        (0.03, -0.05, "hurts: −5.0 points", "differs"),
        (0.03, 0.002, "no difference: +0.2 points", "differs"),
        (-0.03, -0.05, "hurts: −5.0 points", "reproduced"),
        (0.0, 0.002, "no difference: +0.2 points", "reproduced"),
        (0.0, 0.01, "open: +1.0 points", "no contradiction"),
        (0.0, 0.05, "helps: +5.0 points", "differs"),
    ],
)
def test_verdicts_on_a_change_of_accuracy(there, delta, ours, expected):
    interval = {"delta_ci_low": delta - 0.03, "delta_ci_high": delta + 0.03}
    one = {"lecture_val": 0.8 + there, "base_lecture_val": 0.8, "delta": delta, "verdict": ours} | interval
    assert verdict(one).startswith(expected)


def test_a_change_is_published_only_within_one_experiment(tmp_path):
    folder = tmp_path / "regularization" / "cifar10-quick"
    folder.mkdir(parents=True)
    (folder / "summary.csv").write_text(
        "design,step,n,test_mean,train_mean,base,delta,verdict,lecture_val\n"
        "cumulative,dropout,3,0.5,0.9,,,,0.592\n"
        "cumulative,early_stopping,3,0.55,0.7,dropout,0.05,helps: +5.0 points,0.575\n"
        "cumulative,best_loss,3,0.55,0.7,dropout,0.05,helps: +5.0 points,0.5408\n"
        "cumulative,best_accuracy,3,0.6,0.7,best_loss,0.05,helps: +5.0 points,0.6004\n",
        encoding="utf-8",
    )
    found = {step: runs[0][1] for step, runs in reference(tmp_path).items()}
    assert verdict(found["regularization/early_stopping"]) == "helps"
    assert verdict(found["regularization/best_accuracy"]) == "reproduced (+6.0 points there): helps"


def test_figures_come_from_the_reference_runs_and_reasons_stand_where_they_differ(tmp_path):
    folder = tmp_path / "regularization" / "cifar10-quick"
    folder.mkdir(parents=True)
    (folder / "summary.csv").write_text(
        "design,step,n,test_mean,train_mean,base,delta,verdict,lecture_val,lecture_train,learns\n"
        "add-one,plain,3,0.5,0.9,,,,0.574,0.876,yes\n"
        "add-one,dropout,3,0.55,0.7,plain,0.05,helps: +5.0 points,0.592,0.718,yes\n",
        encoding="utf-8",
    )
    assert set(reference(tmp_path)) == {"regularization/plain", "regularization/dropout"}
    line = next(line for line in document(tmp_path).splitlines() if "regularization/dropout" in line)
    assert line == (
        "| D1 | regularization/dropout | cifar10-quick | 0.592 (0.718) | 0.550 (0.700) | 3 | +5.0 "
        "| reproduced (+1.8 points there): helps |"
    )
    text = document(tmp_path)
    assert "not run yet[^D10] |" in text and "\n[^D10]: " in text
    assert "not run yet[^B-C-pretrained] |" in text and "\n[^B-C-pretrained]: " in text
