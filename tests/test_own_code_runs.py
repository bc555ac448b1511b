"""A user's own code from the command line and from Python: planned, trained, known again, refused."""

import json
import os

import own
import pytest
import tiny

import ablation
from ablation import own_code, tricks
from ablation.cli import main
from ablation.errors import UserError
from ablation.study import load


@pytest.fixture(autouse=True)
def no_code_of_the_user(monkeypatch):
    monkeypatch.delenv(own_code.VARIABLE, raising=False)


@pytest.fixture
def code(tmp_path):
    return own.write(tmp_path / "code")


@pytest.fixture
def study(study_file):
    return study_file(ladder=own.LADDER)


def hashes(folder):
    return [row["config_hash"] for row in tiny.table(folder / "trials.csv")]


def run(study, code, out):
    return main(
        [
            "run",
            str(study),
            "--preset",
            "full",
            "--jobs",
            "1",
            "--code",
            str(code),
            "--out",
            str(out),
            "--no-report",
        ]
    )


def test_an_own_trick_and_layer_are_there_with_the_option_and_only_with_it(study, code, capsys):
    plan = ["plan", str(study), "--preset", "full"]
    assert main([*plan, "--code", str(code)]) == 0
    assert "mixing" in capsys.readouterr().out
    assert main(["show", "mixing", f"--code={code}"]) == 0
    assert "Mix the channels" in capsys.readouterr().out
    assert main(plan) == 2
    assert "unknown trick 'mixing'" in capsys.readouterr().err
    assert "mixing" not in tricks.names() and own_code.VARIABLE not in os.environ


def test_the_environment_names_the_folder_too(study, code, capsys, monkeypatch):
    monkeypatch.setenv(own_code.VARIABLE, str(code))
    assert main(["show", "mixing"]) == 0
    own_code.leave()
    assert "Mix the channels" in capsys.readouterr().out


def test_a_changed_source_file_is_another_trial_and_another_folder(
    study, code, tmp_path, no_training, capsys
):
    assert run(study, code, tmp_path / "a") == 0
    own.write(code, tricks__mixing=own.TRICK + "\n# changed\n")
    assert run(study, code, tmp_path / "b") == 0
    before, after = hashes(tmp_path / "a"), hashes(tmp_path / "b")
    assert len({*before, *after}) == 4
    capsys.readouterr()
    assert run(study, code, tmp_path / "a") == 2
    told = capsys.readouterr().err
    assert "holds results of other settings (--code tricks/mixing.py: another content now)" in told
    assert told.count("\n") == 1
    (code / "figures").mkdir()
    (code / "figures" / "mine.py").write_text("not even Python")
    trained = len(no_training.trained)
    assert run(study, code, tmp_path / "b") == 0
    assert len(no_training.trained) == trained, "a figure changes no trial"


def test_a_changed_trick_is_the_one_that_is_taken(study, code):
    def gains():
        with own_code.in_use(code):
            return [tricks.parameters("mixing")["gain"], *load(str(study)).ladder[1].uses()]

    assert gains()[0] == 1.0
    own.write(code, tricks__mixing=own.TRICK.replace("= 1.0", "= 2.25"))
    assert gains()[0] == 2.25


def test_results_without_the_code_are_those_of_before(
    study_file, code, tmp_path, no_training, capsys, no_figures
):
    file = study_file()
    assert main(["run", str(file), "--preset", "full", "--jobs", "1", "--out", str(tmp_path / "out")]) == 0
    assert run(file, code, tmp_path / "out") == 2
    assert "--code layers/mix_channels.py: not there" in capsys.readouterr().err
    assert "code" not in json.loads((tmp_path / "out" / "manifest.json").read_text())


def test_the_manifest_names_files_and_hashes_and_no_folder(study, code, tmp_path, no_training, no_figures):
    assert run(study, code, tmp_path / "out") == 0
    text = (tmp_path / "out" / "manifest.json").read_text()
    with own_code.in_use(code):
        expected = own_code.hashes()
    assert sorted(expected) == ["layers/mix_channels.py", "tricks/mixing.py"]
    assert json.loads(text)["code"] == expected
    assert str(tmp_path) not in text
    assert main(["report", str(tmp_path / "out")]) == 0


def test_a_study_that_names_code_outside_is_refused(study_file, code, tmp_path, capsys):
    for change in (
        {"code": str(code)},
        {
            "ladder": [
                {"step": "a", "network": {"block_end": [{"path": "code.layers.mix_channels.MixChannels"}]}}
            ]
        },
        {"ladder": [{"step": "a", "tricks": ["../code/tricks/mixing"]}]},
    ):
        assert main(["plan", str(study_file(**change)), "--preset", "full"]) == 2
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"tricks__mixing": "import keras\n\ndef mixing(:\n"}, "--code tricks/mixing.py, line 3: SyntaxError: "),
        ({"tricks__mixing": "import nothing_of_that_name"}, "--code tricks/mixing.py, line 1: ModuleNotFoundError"),
        (
            {"tricks__mixing": own.TRICK.replace("    layer =", "    1 / 0\n    layer =")},
            "--code tricks/mixing.py, line 16: ZeroDivisionError: division by zero",
        ),
        (
            {"tricks__mixing": own.TRICK.replace("    layer =", "    raise ValueError('no')\n    layer =")},
            "mixing: no (tricks/mixing.py, line 16)",
        ),
        ({"layers__mix_channels": own.LAYER.replace("self.gain = gain", "1 / 0")}, "layers/mix_channels.py, line 12"),
        ({"tricks__mixing": "x = 1"}, "--code tricks/mixing.py: expected 'mixing' in it, found none"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_users_code_is_one_line_with_its_place(study, code, files, told, capsys):
    own.write(code, **files)
    assert main(["plan", str(study), "--preset", "full", "--code", str(code)]) == 2
    line = capsys.readouterr().err
    assert told in line and line.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("observers__mine", "x = 1", "--code observers/mine.py: expected 'mine' in it, found none"),
        ("observers__mine", "def mine(:", "--code observers/mine.py, line 1: SyntaxError"),
        (
            "measures__mine",
            "def mine(p, y):\n    return 1.0",
            "measures/mine.py: expected @measure('a title') above",
        ),
        (
            "measures__mine",
            "from ablation.measures import measure\n\n@measure('mine')\ndef mine(p, y):\n    return p[99, 0]",
            "--code measures/mine.py, line 5: IndexError",
        ),
    ],
)
def test_a_measure_or_observer_that_cannot_be_is_told_before_anything_is_trained(
    study, code, file, text, told, tmp_path, no_training, capsys
):
    own.write(code, **{file: text})
    assert run(study, code, tmp_path / "out") == 2
    line = capsys.readouterr().err
    assert told in line and line.count("\n") == 1 and not no_training.trained


def test_a_folder_that_is_none_is_refused(tmp_path, capsys):
    assert main(["list", "tricks", "--code"]) == 2
    assert "--code: expected one argument" in capsys.readouterr().err
    assert main(["list", "tricks", "--code", str(tmp_path / "nowhere")]) == 2
    assert "expected one of tricks, " in capsys.readouterr().err


def test_files_that_change_while_a_run_goes_on_stop_it(study, code, tmp_path, no_training, capsys):
    no_training.fail = lambda trial: own.write(code, layers__mix_channels=own.LAYER + "\n")
    assert run(study, code, tmp_path / "out") == 2
    assert "--code: its files changed while the run went on" in capsys.readouterr().err
    assert len(hashes(tmp_path / "out")) == 1


@pytest.mark.slow
def test_trick_layer_and_network_from_python_in_several_processes_and_on_jax(
    study_file, tmp_path, monkeypatch
):
    code, study = own.write(tmp_path / "code", networks__plain=own.NETWORK), study_file(ladder=own.WHOLE)
    one = ablation.run(str(study), preset="full", code=code, quiet=True, out=tmp_path / "one")
    assert "mixing" not in tricks.names()
    assert set(one.trials["status"]) == {"done"}
    baseline, mixing, plain = map(int, one.trials["parameters"])
    assert (mixing - baseline, plain) == (4 * 4, own.PLAIN_PARAMETERS)
    command = ["-m", "ablation", "run", str(study), "--preset", "full", "--code", str(code), "--no-report"]
    tiny.keras_python(*command, "--jobs", "2", "--out", "two", cwd=tmp_path)
    assert tiny.tables(tmp_path / "one") == tiny.tables(tmp_path / "two")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    tiny.keras_python(*command, "--jobs", "1", "--out", "jax", cwd=tmp_path)
    rows = tiny.table(tmp_path / "jax" / "trials.csv")
    assert [(row["status"], int(row["parameters"])) for row in rows] == [
        ("done", baseline), ("done", mixing), ("done", plain)
    ]  # fmt: skip
    for row, ours in zip(rows, one.trials.itertuples(), strict=True):
        assert float(row["train_loss"]) == pytest.approx(ours.train_loss, abs=0.5)
        assert row["config_hash"] != ours.config_hash, "numbers of two backends are not mixed"
    with pytest.raises(UserError, match="unknown trick 'mixing'"):
        ablation.run(str(study), preset="full", quiet=True)
