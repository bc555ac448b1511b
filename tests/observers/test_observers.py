"""What is kept beside the figures is right, loads elsewhere, and changes no number."""

import io
import json

import numpy as np
import pytest
import tiny

from ablation import own_code, tricks
from ablation.errors import UserError
from ablation.recipe import Layer

pytest.importorskip("keras")

from PIL import Image
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.util import tensor_util

from ablation.engine.gradients import gradients
from ablation.engine.learner import new_learner
from ablation.networks.layout import layout
from ablation.observers import Moment, Observing, observer
from ablation.observers.models import save_best
from ablation.observers.tensorboard import FILE, augmented, write_events
from ablation.train.engines import problem_of

ROW = {"loss": 2.0, "accuracy": 0.25, "val_loss": 2.5, "val_accuracy": 0.5, "learning_rate": 0.001}
LADDER = [
    {"step": "baseline", "tricks": ["noise", "dropout", {"mixup": {"alpha": 0.4}}]},
    {"step": "batch_norm", "tricks": ["batch_norm"]},
]


def moment(recipe, splits, *rows) -> Moment:
    problem = problem_of(splits)
    learner = new_learner(recipe, problem, 4, seed=0)
    rows = rows or ({},)
    epochs = [{**ROW, **row, "epoch": i} for i, row in enumerate(rows, start=1)]
    return Moment(learner, layout(recipe, problem), splits, epochs)


def events(folder) -> list[Event]:
    return [Event.FromString(raw) for raw in RawEventFileLoader(str(folder / FILE)).Load()]


def values(found: list[Event]) -> dict[tuple[str, int], object]:
    return {(value.tag, event.step): value for event in found for value in event.summary.value}


def sheet(value) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(value.image.encoded_image_string)))


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    """The same study with and without everything kept."""
    folder = tmp_path_factory.mktemp("observed")
    data = tiny.STUDY["data"] | {"draw": "shared"}
    file = tiny.write_study(folder / "tiny.yaml", ladder=LADDER, data=data)
    tiny.run_study(file, folder / "plain")
    tiny.run_study(file, folder / "kept", tensorboard=True, save_models=True)
    return folder


LOOK = """
def lengths(moment, folder):
    row = moment.epochs[-1]
    row["loss"] = 0
    moment.learner.model(moment.splits.x_train[:2].astype("float32"), training=False)
    with (folder / "seen.txt").open("a") as file:
        file.write(f"{row['epoch']} {len(moment.epochs)}\\n")
"""
TOUCH = """
def lengths(moment, folder):
    moment.learner.model.trainable_variables[0].assign_add(moment.learner.model.trainable_variables[0])
"""
DRAW = """
def lengths(moment, folder):
    moment.learner.model(moment.splits.x_train[:2].astype("float32"), training=True)
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Writes an observer of the user's own and takes the folder."""
    monkeypatch.delenv(own_code.VARIABLE, raising=False)
    (tmp_path / "code" / "observers").mkdir(parents=True)

    def write(text):
        (tmp_path / "code" / "observers" / "lengths.py").write_text(text)
        own_code.use(tmp_path / "code")

    yield write
    own_code.leave()


def test_an_observer_of_the_users_own_sees_each_epoch_in_a_folder_of_its_own(own, splits, tmp_path):
    own(LOOK)
    look = observer(Observing(own=tmp_path / "seed0"))
    now = moment(tiny.recipe(), splits, {}, {})
    look(now)
    assert (tmp_path / "seed0" / "lengths" / "seen.txt").read_text() == "2 2\n"
    assert now.epochs[-1]["loss"] == 2.0 and own_code.digest() == ""


@pytest.mark.parametrize("text", [TOUCH, DRAW])
def test_one_that_changes_the_training_fails_it(own, text, splits, tmp_path):
    own(text)
    recipe = tiny.recipe(head_end=(Layer.of("keras.layers.Dropout", rate=0.5),))
    with pytest.raises(
        ValueError, match=r"observers/lengths\.py: it changed weights, optimizer or random streams"
    ):
        observer(Observing(own=tmp_path))(moment(recipe, splits))


def test_keeping_event_files_and_models_changes_no_number(observed):
    assert tiny.tables(observed / "kept") == tiny.tables(observed / "plain")
    assert not (observed / "plain" / "models").exists()


def test_scalars_are_those_of_the_table_epoch_by_epoch(observed):
    rows = [row for row in tiny.tables(observed / "kept")["epochs"] if row["step"] == "baseline"]
    found = values(events(observed / "kept" / "tensorboard" / "cumulative" / "baseline" / "seed0"))
    for row in rows:
        for name in ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"):
            value = tensor_util.make_ndarray(found[name, int(row["epoch"])].tensor)
            assert float(value) == pytest.approx(float(row[name]), rel=1e-6)
    assert {step for _, step in found} == {1, 2, 3}


def test_every_weight_and_every_gradient_has_its_histogram(splits, tmp_path):
    one = moment(tricks.apply("batch_norm", tiny.recipe(), {}), splits)
    write_events(tmp_path, one)
    found = values(events(tmp_path))
    paths = [weight.path for weight in one.learner.model.weights]
    assert {tag for tag, _ in found if tag.startswith("weights/")} == {f"weights/{path}" for path in paths}
    expected = gradients(one.learner, splits.x_train[:32], splits.y_train[:32])
    assert len(expected) == len(paths) - 2, "running statistics have no gradient"
    for path, gradient in expected.items():
        buckets = tensor_util.make_ndarray(found[f"gradients/{path}", 1].tensor)
        assert buckets[:, 2].sum() == gradient.size
        assert (buckets[0, 0], buckets[-1, 1]) == pytest.approx((gradient.min(), gradient.max()), rel=1e-5)


def test_the_gradient_of_the_last_bias_by_hand(splits):
    one = moment(tiny.recipe(), splits)
    x, y = splits.x_train[:32], splits.y_train[:32]
    logits = np.array(one.learner.model(x.astype("float32")))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    by_hand = (shares - np.eye(10)[y]).mean(axis=0)
    np.testing.assert_allclose(gradients(one.learner, x, y)["logits/bias"], by_hand, atol=1e-6)


def test_images_are_shown_as_the_network_gets_them_and_its_random_streams_stay_where_they_are(
    splits, tmp_path
):
    plain = moment(tiny.recipe(), splits)
    images, labels = splits.x_train[:32], splits.y_train[:32]
    np.testing.assert_array_equal(augmented(plain.learner, images, labels), images)
    write_events(tmp_path, plain)
    found = values(events(tmp_path))
    shown = sheet(found["images after augmentation", 1])
    assert shown.shape == (4 * 33, 8 * 33, 3)
    np.testing.assert_array_equal(shown[33:65, 66:98], images[10])
    assert sheet(found["kernels of the first convolution", 1]).shape == (4, 8 * 4, 3)

    busy = moment(tricks.apply("mixup", tricks.apply("flip", tiny.recipe(), {}), {"alpha": 1.0}), splits)
    before = busy.learner.state()
    one, other = (augmented(busy.learner, images, labels) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, images)
    assert all(map(np.array_equal, before, busy.learner.state()))


def test_the_graph_is_that_of_the_plan(splits, tmp_path):
    one = moment(tricks.apply("residual", tiny.recipe(), {}), splits)
    write_events(tmp_path, one)
    graphs = [GraphDef.FromString(event.graph_def) for event in events(tmp_path) if event.graph_def]
    nodes = {node.name: (node.op, list(node.input)) for node in graphs[0].node}
    assert len(graphs) == 1 and nodes.pop("image") == ("Input", [])
    assert nodes["block1_merge"] == ("Add", ["block1_pool", "block1_shortcut_activation"])
    assert list(nodes) == [node.name for node in one.nodes]


def test_the_first_epoch_begins_the_file_and_the_others_are_added_to_it(splits, tmp_path):
    for rows in ([{}], [{}, {}], [{}]):
        write_events(tmp_path, moment(tiny.recipe(), splits, *rows))
    assert {event.step for event in events(tmp_path)} == {0, 1}
    write_events(tmp_path, moment(tiny.recipe(), splits, {}, {"loss": 1.0}))
    assert {event.step for event in events(tmp_path)} == {0, 1, 2}


def test_a_folder_that_cannot_be_written_is_one_line(splits, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file/x: cannot be written"):
        write_events(tmp_path / "file" / "x", moment(tiny.recipe(), splits))


def test_the_epochs_of_lowest_loss_and_of_highest_accuracy_are_kept_side_by_side(splits, tmp_path):
    losses, accuracies = (2.0, 1.0, 1.5, 1.0), (0.2, 0.2, 0.6, 0.5)
    rows = [{"val_loss": a, "val_accuracy": b} for a, b in zip(losses, accuracies, strict=True)]
    written: dict[str, list[int]] = {"best_loss": [], "best_accuracy": []}
    for epoch in range(1, 5):
        save_best(tmp_path, moment(tiny.recipe(), splits, *rows[:epoch]))
        for name, epochs in written.items():
            if (tmp_path / f"{name}.keras").exists():
                epochs.append(epoch)
                (tmp_path / f"{name}.keras").unlink()
    assert written == {"best_loss": [1, 2], "best_accuracy": [1, 3]}


LOAD = """
import json, sys
import numpy as np
import keras
import ablation.layers
images = np.load(sys.argv[1])
for file in sys.argv[2:]:
    model = keras.saving.load_model(file)
    print(json.dumps(np.array(model(images, training=False)).argmax(axis=1).tolist()))
"""


@pytest.mark.slow
def test_kept_models_load_in_a_fresh_process_in_safe_mode_with_every_layer_of_the_project(
    observed, splits, tmp_path
):
    recipe = tiny.recipe(
        widths=(4, 8), initializer=Layer.of("ablation.initializers.LectureHe", activation="relu")
    )
    for name in (
        "batch_norm", "augment", "pad_crop", "rotate", "pca_color", "cutout", "noise", "rand_augment",
        "auto_augment", "drop_connect", "stochastic_depth",
    ):  # fmt: skip
        recipe = tricks.apply(name, recipe, {})
    one = moment(recipe, splits)
    save_best(tmp_path / "residual", one)
    other = moment(tricks.apply("fractional_pooling", tiny.recipe(), {}), splits)
    save_best(tmp_path / "pooling", other)
    np.save(tmp_path / "images.npy", splits.x_val.astype("float32"))
    kept = observed / "kept" / "models" / "cumulative" / "batch_norm" / "seed0"
    files = [
        tmp_path / "residual" / "best_loss.keras",
        tmp_path / "pooling" / "best_loss.keras",
        kept / "best_loss.keras",
        kept / "best_accuracy.keras",
    ]
    done = tiny.python("-c", LOAD, str(tmp_path / "images.npy"), *map(str, files), cwd=tmp_path)
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    for found, expected in zip(answers, (one, other), strict=False):
        logits = np.array(expected.learner.model(splits.x_val.astype("float32"), training=False))
        assert found == logits.argmax(axis=1).tolist()
    rows = [row for row in tiny.tables(observed / "kept")["epochs"] if row["step"] == "batch_norm"]
    hits = (np.array(answers[3]) == splits.y_val).mean()
    assert hits == pytest.approx(max(float(row["val_accuracy"]) for row in rows))


ON_JAX = """
import sys
from ablation.cli import main
options = ["--preset", "full", "--out", sys.argv[2], "--tensorboard", "--save-models", "--no-report"]
assert main(["run", sys.argv[1], *options]) == 0
assert "tensorflow" not in sys.modules, "TensorFlow was imported"
"""


@pytest.mark.slow
def test_on_jax_nothing_imports_tensorflow(tmp_path, monkeypatch):
    pytest.importorskip("jax")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    file = tiny.write_study(
        tmp_path / "tiny.yaml", ladder=LADDER[:1], training={"epochs": 2, "batch_size": 16}
    )
    tiny.python("-c", ON_JAX, str(file), str(tmp_path / "out"), cwd=tmp_path)
    folder = tmp_path / "out" / "tensorboard" / "cumulative" / "baseline" / "seed0"
    found = values(events(folder))
    assert {step for _, step in found} == {1, 2}
    assert ("gradients/block1_conv1/kernel", 2) in found
    assert (tmp_path / "out" / "models" / "cumulative" / "baseline" / "seed0" / "best_loss.keras").is_file()


def test_a_model_that_finds_no_room_is_one_line(splits, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match=r"best_loss\.keras: cannot be written .No such file"):
        save_best(tmp_path, moment(tiny.recipe(), splits))
