"""The command line: what it answers to, and how it answers every mistake in one line."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import yaml

from ablation.cli import main
from ablation.results.folder import RunFolder


def call(capsys: pytest.CaptureFixture, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    capsys.readouterr()
    in_this_process = ["--jobs", "1"] if arguments[:1] == ("run",) and "--jobs" not in arguments else []
    code = main([*arguments, *in_this_process])
    return code, *capsys.readouterr()


def mistake(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    """The line with which a command refuses its input; nothing is written, nothing is said but which data."""
    before = tiny.tree(Path.cwd())
    code, out, err = call(capsys, *arguments)
    assert code == 2
    assert out == "" or (arguments[0] == "run" and out.count("\n") == 1 and "(as asked), preset" in out)
    assert err.startswith("ablation: ")
    assert err.count("\n") == 1 and err.endswith("\n")
    assert "Traceback" not in err
    assert tiny.tree(Path.cwd()) == before
    return err.removeprefix("ablation: ").rstrip("\n")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("rnu", "invalid choice: 'rnu'"),
        ("run", "the following arguments are required: STUDY"),
        ("plan generalisation", "unknown study 'generalisation'; did you mean 'generalization'?"),
        ("run generalization --sedes 3", "unrecognized arguments: --sedes 3"),
        ("run generalization --seed 3", "unrecognized arguments: --seed 3"),
        ("run nothing.yaml", "nothing.yaml: cannot be read (No such file or directory)"),
        ("run generalization --preset quik", "preset: unknown 'quik'; did you mean 'quick'?"),
        ("plan generalization --preset quik", "preset: unknown 'quik'; did you mean 'quick'?"),
        ("plan generalization --dataset cifar", "dataset: unknown name 'cifar'; did you mean 'cifar10'?"),
        ("plan generalization --design addone", "design: unknown 'addone'; did you mean 'add-one'?"),
        ("plan generalization --steps basline", "--steps: unknown step 'basline'; did you mean 'baseline'?"),
        ("plan generalization --seeds 0", "--seeds: expected 1 to 10000 seeds, found '0'"),
        ("plan generalization --seeds=-1", "expected a number of seeds, or seeds like 0,1,2, found '-1'"),
        ("plan generalization --seeds 1,-2", "--seeds: expected a number of seeds"),
        ("plan generalization --seeds 1,1", "--seeds: expected different seeds, found '1,1'"),
        ("plan generalization --seeds 1.5", "--seeds: expected a number of seeds"),
        ("plan generalization --seeds ,", "--seeds: expected a number of seeds"),
        ("plan generalization --seeds ²", "--seeds: expected a number of seeds"),
        (f"plan generalization --seeds {'9' * 5000}", "--seeds: expected a number of seeds"),
        ("plan generalization --seeds 99999999999999,", "--seeds: expected a number of seeds"),
        ("run generalization --jobs 0", "--jobs: expected a whole number from 1, found '0'"),
        ("run generalization --jobs two", "--jobs: expected a whole number from 1, found 'two'"),
        ("plan generalization --set epochs=3", "--set epochs=3: expected SECTION.KEY=VALUE"),
        ("plan generalization --set training.epochs", "expected SECTION.KEY=VALUE"),
        ("plan generalization --set train.epochs=3", "expected SECTION.KEY=VALUE"),
        ("plan generalization --set training.epoch=3", "training.epoch: unknown key; did you mean 'epochs'?"),
        ("plan generalization --set training.epochs=0", "epochs: expected greater than or equal to 1, found 0"),
        ("plan generalization --set training.epochs=many", "training.epochs: expected a valid integer"),
        ("plan generalization --set training.epochs=[", "--set training.epochs: line 1: "),
        ("plan generalization --set training.learning_rate=.nan", "training.learning_rate: expected "),
        ("plan generalization --set training.learning_rate=1e999", "learning_rate: expected a finite number"),
        ("plan generalization --set network.widths=[]", "widths: expected tuple should have at least 1 item"),
        ("plan generalization --set network.activation=rellu", "unknown 'rellu'; did you mean 'relu'"),
        ("plan generalization --set network.widths=[4,4,4,4,4,4]", "6 blocks need images of at least 64 pixels"),
        ("run generalization --preset smoke --dataset shapes --set network.widths=[4,4,4,4,4,4]", "6 blocks"),
        ("plan generalization --set data.self=1", "--set data.self: unknown key"),
        ("plan generalization --set data.train=99999999999", "train: expected less than or equal to 10000000"),
        ("plan generalization --data-dir nowhere", "--data-dir: expected a folder, found 'nowhere'"),
        ("run generalization --preset smoke --dataset shapes --out /proc/no", "/proc/no: cannot be written"),
        ("run generalization --preset smoke --dataset shapes --out /dev/null/x", "/dev/null/x: cannot be written"),
        ("report nowhere", "nowhere: not a results folder (no manifest.json)"),
        ("compare nowhere elsewhere", "nowhere: not a results folder"),
        ("list trick", "list: unknown 'trick'; did you mean 'tricks'?"),
        ("show dropuot", "show: unknown trick, study, measure or family 'dropuot'; did you mean 'dropout'?"),
        ("show nothing.yaml", "nothing.yaml: cannot be read"),
    ],
)  # fmt: skip
def test_a_mistake_on_the_command_line(here, capsys, arguments, told):
    assert told in mistake(capsys, *arguments.split())


A = {"step": "a"}


def step(**fields: Any) -> dict[str, Any]:
    """A ladder of one step."""
    return {"ladder": [A | fields]}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ladder": []}, "ladder: expected tuple should have at least 1 item"),
        ({"ladder": None}, "ladder: expected a valid tuple, found None"),
        ({"ladder": "baseline"}, "ladder: expected a valid tuple, found 'baseline'"),
        ({"ladder": [A, dict(A)]}, "ladder.1.step: 'a' is there twice"),
        ({"ladder": [{"step": "a/b"}]}, "ladder.0.step: expected string should match pattern"),
        ({"ladder": [{"step": "a" * 65}]}, "ladder.0.step: expected string should match pattern"),
        (step(**{"from": "b"}), "ladder.0.from: expected a step above 'a', found 'b'"),
        (step(**{"from": "a"}), "ladder.0.from: expected a step above 'a', found 'a'"),
        (step(trick=["l2"]), "ladder.0.trick: unknown key; did you mean 'tricks'?"),
        (step(tricks=["dropuot"]), "ladder.0.tricks.unknown trick 'dropuot'; did you mean 'dropout'?"),
        (step(tricks=["l2", "l2"]), "ladder.0.tricks: 'l2' is there twice"),
        (step(tricks=[{"l2": None, "noise": None}]), "ladder.0.tricks: expected one trick a list item, found 2"),
        (step(tricks="l2"), "ladder.0.tricks: expected a valid tuple, found 'l2'"),
        (step(tricks=[{"dropout": {"rat": 0.5}}]), "ladder.0.tricks.dropout.rat: unknown parameter; did you"),
        (step(tricks=[{"dropout": {"rate": 1}}]), "ladder.0.tricks.dropout.rate: expected less than 1, found 1"),
        (step(tricks=[{"dropout": {"rate": "half"}}]), "ladder.0.tricks.dropout.rate: expected a valid number"),
        (step(tricks=[{"noise": {"stddev": float("inf")}}]), "ladder.0.tricks.noise.stddev: expected a finite number"),
        (step(tricks=[{"capacity": {"factor": 1e308}}]), "ladder.0.tricks."),
        (step(tricks=[{"residual": {"x": 1}}]), "ladder.0.tricks.residual.x: unknown parameter"),
        (step(network={"width": [4]}), "ladder.0.network.width: unknown key; did you mean 'widths'?"),
        (step(training={"epochs": -3}), "ladder.0.training.epochs: expected greater than or equal to 1, found -3"),
        (step(data={"trian": 5}), "ladder.0.data.trian: unknown key; did you mean 'train'?"),
        (step(lecture={"val": 78}), "ladder.0.lecture.val: expected less than or equal to 1, found 78"),
        ({"network": {"convs_per_block": [1, 2]}}, "network.convs_per_block: expected one number or 4"),
        ({"network": {"conv": {"path": "os.system"}}}, "network.conv.path: expected a class like keras.layers.ReLU"),
        ({"training": {"early_stopping": {"patience": 0}}}, "training.early_stopping.patience: expected greater"),
        ({"training": {"learning_rate": float("nan")}}, "training.learning_rate: expected "),
        ({"seeds": -1}, "seeds: expected greater than or equal to 1, found -1"),
        ({"seeds": 10**9}, "seeds: expected less than or equal to 10000, found 1000000000"),
        ({"dataset": "cifra10"}, "dataset: unknown dataset 'cifra10'; did you mean 'cifar10'?"),
        ({"presets": {"full": {"datasets": {"shape": {}}}}}, "presets.full.datasets.shape: unknown dataset 'shape'"),
        ({"study": "../../etc"}, "study: expected string should match pattern"),
        ({"study": 5}, "study: expected a valid string, found 5"),
        ({"protocol": "honset"}, "protocol: expected 'honest' or 'lecture', found 'honset'"),
        ({"design": "all"}, "design: unknown 'all'"),
        ({"designs": ["cumulativ"]}, "designs.0: unknown 'cumulativ'; did you mean 'cumulative'?"),
        ({"presets": {"full": {"seed": 3}}}, "presets.full.seed: unknown key; did you mean 'seeds'?"),
        ({"presets": {"full": {"training": {"epoch": 3}}}}, "presets.full.training.epoch: unknown key; did"),
        ({"presets": {"x": {"datasets": {"shapes": {"data": {"train": 0}}}}}}, "presets.x.datasets.shapes.data.train"),
        ({"presets": {"../x": {}}}, "presets.../x.[key]: expected string should match pattern"),
        ({"presets": {"full": {"scale": {"network.width": 2}}}}, "presets.full.scale.network.width: expected a field"),
        ({"presets": {"full": {"scale": {"network.widths": 1e308}}}}, "presets.full.scale.network.widths: "),
        ({"extra": 1}, "extra: unknown key"),
        ({1: 2}, "line 20: key 1 is not text"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_study_file(here, capsys, tmp_path, changes, told):
    content = tiny.STUDY | {"network": {}} | changes
    file = tmp_path / "my.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    line = mistake(capsys, "plan", str(file))
    if not told.startswith("line"):
        assert line.startswith(f"my.yaml: {told}"), line
    assert told in line
    assert line == mistake(capsys, "run", str(file), "--preset", "full")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a" * 2_000_000, b"\tstudy: x", b"", b"study: [" * 9999])
def test_a_file_that_is_no_study(here, capsys, tmp_path, content):
    (tmp_path / "my.yaml").write_bytes(content)
    for command in ("plan", "run", "show"):
        assert mistake(capsys, command, str(tmp_path / "my.yaml")).startswith("my.yaml: ")


def test_strange_characters_do_not_reach_the_terminal(here, capsys):
    line = mistake(capsys, "plan", "\x1b[31mred\x07\ud800.yaml")
    assert line.isprintable()
    assert len(mistake(capsys, "show", "x" * 100_000)) <= 1000
    assert "null byte" in mistake(capsys, "plan", "a\0b.yaml")


def test_a_title_in_the_terminals_markup_is_shown_as_it_is(here, capsys, study_file, no_training, no_figures):
    pytest.importorskip("keras")
    file = str(study_file(title="[/red] 100 [bold", ladder=[{"step": "a", "title": "[/x]"}]))
    for arguments in (("plan", file), ("show", file), ("run", file, "--preset", "full", "--out", "[/y]")):
        code, out, err = call(capsys, *arguments)
        assert (code, err) == (0, "")
        assert "[/red] 100 [bold" in out and "[/x]" in out


def test_a_folder_in_whose_way_a_file_stands(here, capsys):
    pytest.importorskip("keras")
    (here / "taken").write_text("a file")
    smoke = ("--preset", "smoke", "--dataset", "shapes", "--steps", "baseline")
    run = ("run", "generalization", *smoke, "--out")
    assert "taken: cannot be written" in mistake(capsys, *run, "taken")
    assert "taken/in: cannot be written" in mistake(capsys, *run, "taken/in")
    assert "cannot be written" in mistake(capsys, *run, "a\0b")
    assert "cannot be written" in mistake(capsys, *run, "x" * 300)
    assert "--data-dir: expected a folder" in mistake(capsys, *run, "new", "--data-dir", "taken")


def test_damaged_data_is_named(here, capsys, tmp_path):
    arrays = {"x": np.zeros((60, 32, 32, 3), np.uint8), "y": np.arange(60) % 10}
    whole = io.BytesIO()
    np.savez(whole, x_train=arrays["x"], y_train=arrays["y"], x_test=arrays["x"], y_test=arrays["y"])
    run = ("run", "generalization", "--preset", "smoke", "--steps", "baseline", "--dataset", "cifar10")
    run += ("--data-dir", str(tmp_path))
    for content in (whole.getvalue()[:5000], b"", b"PK\x03\x04", whole.getvalue()[:-40]):
        (tmp_path / "cifar10.npz").write_bytes(content)
        assert "cifar10.npz: not a readable npz file" in mistake(capsys, *run, "--out", "new")
    with zipfile.ZipFile(tmp_path / "cifar10.npz", "w") as archive:
        archive.writestr("x_train.npy", b"\x93NUMPY")
    assert "cifar10.npz: array y_train is missing" in mistake(capsys, *run, "--out", "new")


def test_data_that_is_nowhere(here, capsys, monkeypatch):
    def no_network(dataset):
        from ablation.errors import UserError

        raise UserError(f"{dataset.title} could not be downloaded")

    monkeypatch.setattr("ablation.data.formats.prepared.download", no_network)
    run = ("run", "generalization", "--preset", "smoke", "--dataset", "cifar10", "--out", "new")
    assert "CIFAR-10 could not be downloaded" in mistake(capsys, *run)
    monkeypatch.setenv("ABLATION_DATA_DIR", "nowhere")
    assert "ABLATION_DATA_DIR nowhere: expected a folder" in mistake(capsys, *run)


def test_a_second_run_on_a_folder_is_told_who_holds_it(here, capsys, study_file, no_training):
    pytest.importorskip("keras")
    from ablation.runner.lock import hold

    file = str(study_file())
    with hold(here / "out"):
        line = mistake(capsys, "run", file, "--preset", "full", "--out", "out")
    assert "out: another run is writing here (process " in line and " since 20" in line
    assert call(capsys, "run", file, "--preset", "full", "--out", "out", "--no-report")[0] == 0


@pytest.mark.parametrize(("steps", "told"), [("baseline,noise", True), ("augment,capacity", False)])
def test_a_control_that_no_step_has_is_told(here, capsys, steps, told):
    given = ("plan", "generalization", "--preset", "smoke", "--dataset", "shapes", "--steps", steps)
    out = call(capsys, *given, "--controls", "parameters")[1]
    assert ("control parameters: no step has one" in out) == told and "control compute" not in out


@pytest.mark.parametrize(
    ("given", "told"),
    [(("--steps", "noise"), True), (("--design", "orders"), True), (("--steps", "baseline,noise"), False)],
)
def test_a_repetition_that_no_design_has_is_told(here, capsys, given, told):
    plan = ("plan", "generalization", "--preset", "smoke", "--dataset", "shapes", "--controls", "aa", *given)
    assert ("control aa: no step has one" in call(capsys, *plan)[1]) == told


def test_epochs_beside_a_budget_are_refused(here, capsys):
    plan = ("plan", "generalization", "--preset", "smoke", "--dataset", "shapes", "--budget", "2,4")
    told = mistake(capsys, *plan, "--set", "training.epochs=9")
    assert "--set: training.epochs: a budget gives the epochs here; leave one of the two out" in told


def test_exit_codes_of_a_run(here, capsys, study_file, no_training):
    pytest.importorskip("keras")
    run = ("run", str(study_file()), "--preset", "full", "--out", "out", "--no-report")

    def fail(trial):
        if trial.setting.recipe.augment:
            raise RuntimeError("broken")

    no_training.fail = fail
    code, out, err = call(capsys, *run)
    assert (code, err) == (1, "")
    assert "noise seed 0: failed: RuntimeError: broken" in out
    assert call(capsys, *run)[0] == 1
    no_training.fail = lambda trial: None
    code, out, _ = call(capsys, *run, "--retry-failed")
    assert code == 0
    assert "2 trials trained, 1 kept; results in out" in out
    code, out, _ = call(capsys, *run)
    assert code == 0
    assert "0 trials trained, 3 kept" in out
    assert "shapes" in out.splitlines()[0], "the first line says which data"


def test_a_run_ends_with_its_report_and_how_to_open_it(
    here, capsys, study_file, no_training, monkeypatch, no_figures
):
    pytest.importorskip("keras")
    run = ("run", str(study_file()), "--preset", "full", "--out", "out")
    out = call(capsys, *run, "--no-report")[1]
    assert "report" not in out and not (here / "out" / "report.html").exists()
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    out = call(capsys, *run)[1]
    last = out.splitlines()[-1]
    assert last.startswith("report: out/report.html; to see it: ") and last.endswith("open out/report.html")
    page = here / "out" / "report.html"
    assert page.is_file() and opened == []
    assert call(capsys, *run, "--open")[1].splitlines()[-1].endswith("opened in the browser")
    assert opened == [page.as_uri()]
    code, out, err = call(capsys, *run, "--open", "--no-report")
    assert (code, err) == (2, "ablation: --open: there is no report to open with --no-report\n")


def test_a_floor_fails_a_run_that_does_not_learn(here, capsys, study_file, no_training):
    pytest.importorskip("keras")
    run = ("run", str(study_file()), "--preset", "full", "--out", "out", "--no-report")
    assert call(capsys, *run)[0] == 0
    reached = [float(row["best_val_accuracy"]) for row in tiny.table(here / "out" / "trials.csv")]
    assert call(capsys, *run, "--floor", str(min(reached)))[0] == 0
    code, out, _ = call(capsys, *run, "--floor", str(min(reached) + 0.001))
    assert code == 1
    assert f"reached {min(reached):.3f} on validation" in out.splitlines()[-1]
    assert call(capsys, *run, "--floor", "70")[2].startswith("ablation: argument --floor: expected a share")


def test_a_run_without_out_goes_to_a_folder_of_its_own(here, capsys, study_file, no_training):
    pytest.importorskip("keras")
    assert call(capsys, "run", str(study_file()), "--preset", "full", "--no-report")[0] == 0
    assert (here / "results" / "tiny" / "shapes-full" / "trials.csv").is_file()


def test_the_manifest_tells_the_command_without_places(here, capsys, study_file, no_training, no_figures):
    pytest.importorskip("keras")
    file = study_file()
    call(capsys, "run", str(file), "--preset", "full", "--out", str(here / "out"), "--seeds", "1")
    manifest = RunFolder(here / "out").read_manifest()
    assert manifest["command"] == "ablation run tiny.yaml --preset full --out out --seeds 1 --jobs 1"


def test_list_show_and_plan(here, capsys):
    code, out, err = call(capsys, "list")
    assert (code, err) == (0, "") and "generalization" in out
    assert "dropout" in call(capsys, "list", "tricks")[1]
    datasets = [line.split()[0] for line in call(capsys, "list", "datasets")[1].splitlines()]
    assert datasets == ["blobs", "cifar10", "cifar100", "fashion_mnist", "shapes"]
    for kind, names in (
        ("families", ["blocks", "fast", "function", "resnet"]),
        ("designs", ["cumulative", "add-one", "leave-one-out", "orders"]),
    ):
        told = call(capsys, "list", kind)[1].splitlines()
        assert [line.split()[0] for line in told if not line.startswith(" ")] == names
    out = " ".join(call(capsys, "show", "resnet")[1].split())
    assert "6n + 2" in out and "Options, `network.options`: n: blocks in each of the three stages." in out
    reads = out.partition("Reads: ")[2].partition(". ")[0].split(", ")
    assert "block_end" in reads and "widths" not in reads
    assert "stochastic_depth" in out.partition("Reads: ")[2], "the study of the same name comes behind it"
    out = " ".join(call(capsys, "show", "dropout")[1].split())
    assert "Srivastava et al. 2014" in out
    assert (
        "Published: dropout, WRN-28-10, n: median of 5: 96.0 → 96.11 % (szagoruyko/wide-residual-networks)"
        in out
    )
    assert (
        "Published: airbench94, epochs to 94 %: 34 → 21 on the ladder" in call(capsys, "show", "whitening")[1]
    )
    out = call(capsys, "show", "generalization")[1]
    assert "3 dropout (on batch_norm)" in out and "dropout(rate=0.3)" in out and "lecture, val: 0.866" in out
    code, out, err = call(capsys, "plan", "generalization", "--preset", "full", "--dataset", "cifar10")
    assert (code, err) == (0, "")
    assert "1,702,186" in out and "7,296,330" in out and "106.6" in out
    assert tiny.tree(here) == []


LIGHT = (
    ("--help",),
    ("list",),
    ("list", "tricks"),
    ("list", "datasets"),
    ("list", "families"),
    ("show", "dropout"),
    ("plan", "generalization", "--dataset", "shapes"),
    ("plan", "generalisation"),
)


def test_plan_says_how_long_it_will_take(capsys, monkeypatch, study_file):
    from ablation import hardware
    from ablation.bench import forecast

    asked = []

    def foretell(trainings, problem, at_once, say):
        asked.extend(trainings)
        return tuple(600.0 for _ in trainings)

    monkeypatch.setattr(forecast, "forecast", foretell)
    monkeypatch.setattr(hardware, "default_jobs", lambda: 2)
    code, out, _ = call(capsys, "plan", str(study_file(seeds=4)), "--preset", "full", "--time")
    assert code == 0 and out.count("10 min 00 s") == 3
    assert "about 1 h 00 min with 2 trials at a time" in " ".join(out.split())
    assert {(work.train, work.judged) for work in asked} == {(64, 32)}


def test_what_trains_nothing_imports_no_framework(tmp_path):
    code = f"""
import sys
from ablation.cli import main
for arguments in {LIGHT!r}:
    try:
        main(list(arguments))
    except SystemExit:
        pass
    heavy = {{"tensorflow", "keras", "jax", "torch", "matplotlib"}} & set(sys.modules)
    assert not heavy, (arguments, heavy)
"""
    tiny.python("-c", code, cwd=tmp_path)


@pytest.mark.slow
def test_report_imports_no_framework(here, capsys, study_file, no_training):
    pytest.importorskip("keras")
    call(capsys, "run", str(study_file()), "--preset", "full", "--out", "out", "--no-report")
    code = """
import sys
from ablation.cli import main
assert main(["report", "out"]) == 0
heavy = {"tensorflow", "keras", "jax", "torch"} & set(sys.modules)
assert not heavy, heavy
"""
    tiny.python("-c", code, cwd=here)
    assert (here / "out" / "report.md").is_file()


@pytest.mark.parametrize("arguments", LIGHT[:2], ids=" ".join)
def test_light_commands_answer_in_half_a_second(arguments, tmp_path):
    """Of processor time, the best of five: other work on the machine is not ours. On a slow one: in three times what
    the libraries take that hold a study."""
    import resource

    def seconds() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def took(*command: str) -> float:
        before = seconds()
        tiny.python(*command, cwd=tmp_path)
        return seconds() - before

    def answers() -> bool:
        answered = took("-m", "ablation", *arguments)
        return answered < 0.5 or answered < 3 * took("-c", "import numpy, pydantic, yaml")

    assert any(answers() for _ in range(5))


def test_the_module_and_the_command_are_one(tmp_path):
    done = tiny.python("-m", "ablation", "show", "x", cwd=tmp_path, expected=2)
    assert done.stdout == ""
    assert done.stderr.startswith("ablation: show: unknown trick, study, measure or family 'x'")


def test_ctrl_c_before_training_is_no_traceback(capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("ablation.study.names", interrupt)
    code, out, err = call(capsys, "list")
    assert (code, out) == (130, "")
    assert err == "ablation: stopped; the same command goes on from the last saved epoch\n"
