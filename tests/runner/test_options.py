"""Options are refused alike, whether they come from the command line or from Python."""

import dataclasses

import numpy as np
import pytest

from ablation.cli import main
from ablation.cli.groups import spelling
from ablation.cli.parser import build_parser
from ablation.errors import UserError
from ablation.library import run
from ablation.runner.options import OptionError, Options

REFUSED = [
    ("executor", "rai", "unknown 'rai'; did you mean 'ray'?"),
    ("strategy", "data-paralel", "unknown 'data-paralel'; did you mean 'data-parallel'?"),
    ("checkpoint_share", "7.0", "expected a share above 0, at most 1, found '7.0'"),
    ("checkpoint_share", "nan", "expected a share above 0, at most 1, found 'nan'"),
    ("checkpoint_share", "0", "expected a share above 0, at most 1, found '0'"),
    ("jobs", "0", "expected a whole number from 1, found '0'"),
    ("jobs", "-2", "expected a whole number from 1, found '-2'"),
    ("jobs", "two", "expected a whole number from 1, found 'two'"),
    ("threads", "0", "expected a whole number from 1, found '0'"),
    ("threads", "all", "expected a whole number from 1, found 'all'"),
    ("seeds", "0", "expected 1 to 10000 seeds, found '0'"),
    ("seeds", "0,0,1,1", "expected different seeds, found '0,0,1,1'"),
    ("seeds", "1.5", "expected a number of seeds, or seeds like 0,1,2, found '1.5'"),
    ("budgets", "5,0", "expected numbers of epochs like 10,20,40, found '5,0'"),
    ("trial_cpus", "0", "expected a whole number from 1, found '0'"),
    ("trial_gpus", "1.5", "expected a share between 0 and 1, or a whole number, found '1.5'"),
    ("ray_address", "auto", "expected executor ray with it, found executor local"),
    ("data_dir", "nowhere", "expected a folder, found 'nowhere'"),
]


@pytest.mark.parametrize(("option", "found", "told"), REFUSED)
def test_the_command_line_and_python_are_refused_in_the_same_words(
    option, found, told, study_file, tmp_path, monkeypatch, capsys, no_training
):
    monkeypatch.chdir(tmp_path)
    file = str(study_file())
    assert main(["run", file, "--preset", "full", f"{spelling(option)}={found}"]) == 2
    assert capsys.readouterr() == ("", f"ablation: {spelling(option)}: {told}\n")
    with pytest.raises(OptionError) as refused:
        run(file, preset="full", **{option: found})
    assert str(refused.value) == f"{option}: {told}"
    assert no_training.trained == [] and [one.name for one in tmp_path.iterdir()] == ["tiny.yaml"]


@pytest.mark.parametrize(
    ("option", "found", "told"),
    [
        ("seeds", (0, 0, 1, 1), "expected different seeds, found '0,0,1,1'"),
        ("seeds", 0, "expected 1 to 10000 seeds, found '0'"),
        ("seeds", -3, "expected 1 to 10000 seeds, found '-3'"),
        ("seeds", 1.5, "expected a number of seeds"),
        ("seeds", True, "expected a number of seeds"),
        ("seeds", [0, -1], "expected a number of seeds, or seeds like 0,1,2, found '0,-1'"),
        ("seeds", [2**31], "expected a number of seeds"),
        ("jobs", 1.0, "expected a whole number from 1, found '1.0'"),
        ("jobs", True, "expected a whole number from 1, found 'True'"),
        ("checkpoint_share", 7.0, "expected a share above 0, at most 1, found '7.0'"),
        ("checkpoint_share", None, "expected a share above 0, at most 1, found 'None'"),
        ("budgets", 0, "expected numbers of epochs"),
        ("budgets", [2.5], "expected numbers of epochs"),
        ("fresh", "yes", "expected True or False, found 'yes'"),
        ("steps", 3, "expected names, found '3'"),
        ("steps", [3], "expected names, found '3'"),
        ("sets", [("a", 1)], "expected KEY=VALUE assignments"),
        ("preset", 5, "expected text, found '5'"),
        ("out", 5, "expected a path, found '5'"),
        ("executor", ["ray"], "unknown 'ray'"),
    ],
)
def test_what_only_python_can_say_wrong(option, found, told):
    with pytest.raises(OptionError, match=f"^{option}: ") as refused:
        Options(**{option: found})
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("option", "found", "taken"),
    [
        ("seeds", 3, (0, 1, 2)),
        ("seeds", "3", (0, 1, 2)),
        ("seeds", "7,", (7,)),
        ("seeds", (4, 0), (4, 0)),
        ("seeds", range(2), (0, 1)),
        ("seeds", np.arange(2), (0, 1)),
        ("seeds", np.int64(2), (0, 1)),
        ("jobs", "2", 2),
        ("jobs", None, None),
        ("steps", "a, b,a", ("a", "b")),
        ("steps", ["a", "b"], ("a", "b")),
        ("designs", "add-one", ("add-one",)),
        ("sets", "network.widths=[1,2]", ("network.widths=[1,2]",)),
        ("budgets", "10,20,10", (10, 20)),
        ("budgets", 5, (5,)),
        ("checkpoint_share", "0.5", 0.5),
    ],
)
def test_what_is_taken_and_as_what(option, found, taken):
    options = Options(**{option: found})
    assert getattr(options, option) == taken
    assert dataclasses.replace(options) == options
    assert type(getattr(options, option)) is type(taken)


def test_options_that_do_not_go_together():
    with pytest.raises(OptionError, match=r"^strategy: .*expected jobs 1 and executor local"):
        Options(strategy="data-parallel", jobs=2)
    with pytest.raises(OptionError, match=r"^jobs: Ray runs as many"):
        Options(executor="ray", jobs=2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Options().jobs = 2  # type: ignore[misc]


@pytest.mark.parametrize(("option", "name"), [("controls", "aaa"), ("designs", "addone"), ("steps", "nois")])
def test_names_that_the_study_has_not(option, name, study_file, tmp_path, no_training):
    with pytest.raises(UserError, match=f"'{name}'"):
        run(study_file(), preset="full", out=tmp_path / "out", quiet=True, **{option: name})
    assert not (tmp_path / "out").exists()


def test_an_option_that_is_none_is_named():
    with pytest.raises(UserError, match="unknown option 'job'; did you mean 'jobs'"):
        run("generalization", job=3)
    with pytest.raises(OptionError, match=r"^orders: expected a whole number from 1"):
        run("generalization", orders=0)


def test_every_option_of_a_run_is_on_the_command_line():
    run_help = build_parser()._subparsers._group_actions[0].choices["run"].format_help()
    for one in dataclasses.fields(Options):
        assert one.name == "command" or f"{spelling(one.name)} " in run_help, one.name
