"""Saved models on other test images: the figures are those of the judged networks, the statistics the run's own."""

import shutil

import keras
import numpy as np
import pandas as pd
import pytest
import tiny

from ablation import report
from ablation.cli import main
from ablation.data import load
from ablation.data.held_out import HeldOut, held_out, with_wrong_labels
from ablation.errors import UserError
from ablation.evaluate import evaluate

LADDER = [
    {"step": "baseline"},
    {"step": "tta", "tricks": ["tta"]},
    {"step": "noisy", "from": "baseline", "tricks": ["dropout", {"monte_carlo_dropout": {"draws": 3}}]},
]
TRAINING = {"epochs": 1, "batch_size": 16, "precision": "float32"}
CLASSES, SHAPE = [f"class {number}" for number in range(10)], (32, 32, 3)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluate")
    file = tiny.write_study(folder / "tiny.yaml", ladder=LADDER, training=TRAINING, seeds=2)
    tiny.run_study(file, folder / "out", save_models=True)
    return folder / "out"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The run's own test images as a file."""
    splits = load("shapes", train=64, val=32, test=32)
    file = tmp_path_factory.mktemp("images") / "again.npz"
    np.savez(file, x_test=splits.x_test, y_test=splits.y_test)
    return file, splits


def test_on_the_runs_own_test_images_the_models_have_the_runs_own_figures(run, own, no_figures):
    file, _ = own
    found = evaluate(run, [f"npz:{file}"])
    trials = pd.read_csv(run / "trials.csv").sort_values(["step", "seed"])
    again = pd.read_csv(run / "evaluations.csv").sort_values(["step", "seed"])
    assert again["test_accuracy"].tolist() == trials["test_accuracy"].tolist()
    np.testing.assert_allclose(again["test_loss"], trials["test_loss"], rtol=1e-4)
    report.write(run)
    summary = pd.read_csv(run / "summary.csv")
    columns = [
        "step",
        "n",
        "test_mean",
        "delta",
        "delta_ci_low",
        "delta_ci_high",
        "p_holm",
        "gap_mean",
        "verdict",
    ]
    pd.testing.assert_frame_equal(
        found[columns].fillna({"verdict": ""}), summary[columns].fillna({"verdict": ""}), check_dtype=False
    )
    assert set(found["dataset"]) == {"again"}


def test_the_report_and_the_terminal_show_every_set_and_a_set_is_replaced_by_its_name(
    run, own, tmp_path, capsys, no_figures
):
    file, splits = own
    fog = np.concatenate(
        [np.clip(splits.x_test[:6] + 40 * level, 0, 255).astype(np.uint8) for level in range(5)]
    )
    np.save(tmp_path / "fog.npy", fog)
    np.save(tmp_path / "labels.npy", np.tile(splits.y_test[:6], 5))
    assert main(["evaluate", str(run), "--dataset", f"corrupted:{tmp_path}", "--dataset", f"npz:{file}"]) == 0
    assert main(["evaluate", str(run), "--dataset", f"npz:{file}", "--label-noise", "0.25"]) == 0
    out, err = capsys.readouterr()
    names = [*(f"fog-{level}" for level in range(1, 6)), "again", "again+noise0.25"]
    assert err == "" and all(name in out for name in names)
    assert list(pd.read_csv(run / "evaluations.csv")["dataset"].unique()) == names
    report.write(run)
    for page in ("report.md", "report.html"):
        text = (run / page).read_text()
        assert all(f"On other test images: {name}" in text for name in names[:6])


def test_wrong_labels_are_a_share_and_always_the_same_ones():
    images = HeldOut("a", np.zeros((40, 2, 2, 3), np.uint8), np.arange(40, dtype=np.int32) % 10)
    noisy = with_wrong_labels(images, 0.25, 10)
    assert (noisy.y != images.y).sum() == 10
    assert noisy.y.min() >= 0 and noisy.y.max() < 10 and noisy.y.dtype == np.int32
    assert (noisy.y == with_wrong_labels(images, 0.25, 10).y).all()


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"x": np.zeros((4, 32, 32, 3), np.float32), "y": np.arange(4)}, "expected images of type uint8"),
        ({"x": np.zeros((4, 28, 28, 3), np.uint8), "y": np.arange(4)}, r"shape \(32, 32, 3\), found uint8"),
        ({"x": np.zeros((4, 32, 32, 3), np.uint8), "y": np.arange(3)}, "expected 4 whole numbers as labels"),
        (
            {"x": np.zeros((4, 32, 32, 3), np.uint8), "y": np.array([0, 1, 2, 10])},
            "labels in 0-9, found 0 to 10",
        ),
        ({"a": np.zeros(3)}, "expected arrays x_test and y_test, or x and y, found a"),
    ],
)
def test_images_that_are_none_for_these_networks_are_refused(arrays, told, tmp_path):
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(UserError, match=told):
        list(held_out(f"npz:{tmp_path / 'x.npz'}", CLASSES, SHAPE, None))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cifar", r"--dataset: unknown 'cifar'; did you mean 'cifar10'"),
        ("zip:x", r"--dataset zip:x: expected a name of"),
        ("npz:nothing.npz", "nothing.npz"),
        ("corrupted:nothing", "labels.npy"),
    ],
)
def test_what_names_no_images_is_refused(text, told):
    with pytest.raises(UserError, match=told):
        list(held_out(text, CLASSES, SHAPE, None))


def test_a_run_without_models_and_a_damaged_model_are_refused(run, own, study_file, tmp_path, no_training):
    file, _ = own
    tiny.run_study(study_file(), tmp_path / "out")
    with pytest.raises(UserError, match="expected models, found none; train with --save-models"):
        evaluate(tmp_path / "out", [f"npz:{file}"])
    import shutil

    shutil.copytree(run, tmp_path / "copy")
    next((tmp_path / "copy").rglob("judged.keras")).write_bytes(b"PK")
    with pytest.raises(UserError, match=r"judged\.keras: not a readable model"):
        evaluate(tmp_path / "copy", [f"npz:{file}"])


@pytest.mark.parametrize(("column", "value"), [("test_accuracy", "1.5"), ("images", "x"), ("seed", "inf")])
def test_a_damaged_table_is_named(run, own, column, value, tmp_path):
    import shutil

    shutil.copytree(run, tmp_path / "copy")
    evaluate(tmp_path / "copy", [f"npz:{own[0]}"])
    file = tmp_path / "copy" / "evaluations.csv"
    table = pd.read_csv(file, dtype=str)
    table.loc[0, column] = value
    table.to_csv(file, index=False)
    with pytest.raises(UserError, match=rf"evaluations\.csv: {column} in line 2: expected a number"):
        report.write(tmp_path / "copy")


def test_models_of_other_classes_or_inputs_are_refused(run, own, tmp_path):
    """As a file put there by hand, or of another run."""
    file, _ = own
    folder = tmp_path / "out"
    shutil.copytree(run, folder)
    place = next((folder / "models").rglob("judged.keras"))
    image = keras.Input(SHAPE)
    flat = keras.layers.Flatten()(image)
    for model in (
        keras.Model(image, keras.layers.Dense(7)(flat)),
        keras.Model([image, keras.Input(SHAPE)], keras.layers.Dense(10)(flat)),
        keras.Sequential([keras.Input((8,)), keras.layers.Dense(10)]),
    ):
        model.save(place)
        with pytest.raises(
            UserError, match="expected a model that gives images a logit for each of 10 classes"
        ):
            evaluate(folder, [f"npz:{file}"])


def test_a_share_or_a_name_that_could_not_be_read_again_is_refused(run, own, tmp_path):
    file, _ = own
    with pytest.raises(UserError, match="label_noise: expected a share from 0 to 1, found 2"):
        evaluate(run, [f"npz:{file}"], label_noise=2)
    long = tmp_path / f"{'x' * 200}.npz"
    shutil.copy(file, long)
    with pytest.raises(UserError, match="expected a name of 128 characters at most, found xxx"):
        evaluate(run, [f"npz:{long}"])
