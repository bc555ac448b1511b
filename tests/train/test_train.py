"""One trial: the same numbers every time, and the same numbers after every interruption."""

import base64
import dataclasses
import gc
import itertools
import weakref
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tiny
from tiny import without_times

from ablation import hardware, tricks
from ablation.data import shown
from ablation.networks.layout import layout
from ablation.train.checkpoint import fits, load_checkpoint, save_checkpoint

pytest.importorskip("keras")

import keras

from ablation.observers import Observing, keeper
from ablation.results.record import TrialRecord
from ablation.train import engines as kept
from ablation.train import judge
from ablation.train import loop as training
from ablation.train.early_stopping import best_epoch
from ablation.train.judge import evaluate
from ablation.train.loop import Interrupted

BUSY = {
    "noise": {},
    "batch_norm": {},
    "dropout": {},
    "l2": {},
    "augment": {},
    "mixup": {},
    "ema": {"momentum": 0.5},
    "lr_decay": {"gamma": 0.5},
    "early_stopping": {"patience": 2, "smoothing": 0.5},
}


def busy(seed: int = 0):
    """A trial with everything on that has a state or draws at random."""
    trial = tiny.trial(seed, epochs=5)
    recipe = trial.setting.recipe
    for name, parameters in BUSY.items():
        recipe = tricks.apply(name, recipe, parameters)
    return tiny.trial_of(recipe, seed)


@pytest.fixture(scope="module")
def whole(splits):
    """The record of a training that nobody interrupted."""
    return train(busy(), splits)


def tiny_parameters(splits) -> int:
    nodes = layout(tiny.recipe(), kept.problem_of(splits))
    return sum(node.parameters for node in nodes)


ENGINES = [kept.Engines()]


def train(*arguments, **options):
    """As a process that keeps what it compiled."""
    return training.train(*arguments, engines=ENGINES[-1], **options)


def compiled():
    return list(ENGINES[-1]._engines.values())


def new_process() -> None:
    """Forget everything compiled."""
    ENGINES[:] = [kept.Engines()]


def test_a_record_says_how_the_training_went(whole):
    assert whole["status"] == "done"
    assert whole["epochs_run"] == len(whole["epochs"]) <= 5
    assert [row["epoch"] for row in whole["epochs"]] == list(range(1, whole["epochs_run"] + 1))
    assert [row["learning_rate"] for row in whole["epochs"]] == pytest.approx(
        [0.001 * 0.5**epoch for epoch in range(whole["epochs_run"])]
    )
    assert whole["gap"] == whole["train_accuracy"] - whole["test_accuracy"]
    assert np.sum(whole["confusion"]) == 32
    assert np.trace(whole["confusion"]) == round(32 * whole["test_accuracy"])
    assert whole["best_val_accuracy"] == max(row["val_accuracy"] for row in whole["epochs"])
    assert whole["best_epoch"] == best_epoch(busy().setting.recipe.early_stopping, whole["epochs"])


def test_the_same_seed_gives_the_same_numbers_to_the_last_digit(whole, splits):
    new_process()
    assert without_times(train(busy(), splits)) == without_times(whole)


def test_seeds_share_a_compiled_network_but_nothing_else(whole, splits):
    other = train(busy(1), splits)
    assert len(ENGINES[-1]) == 1
    assert other["train_loss"] != whole["train_loss"]
    assert without_times(train(busy(), splits)) == without_times(whole)
    new_process()
    assert without_times(train(busy(1), splits)) == without_times(other)


def test_a_training_stopped_after_every_epoch_is_the_same_training(whole, splits, tmp_path):
    file, interruptions = tmp_path / "x.npz", 0
    while True:
        try:
            record = train(busy(), splits, checkpoint=file, stop=lambda: True)
            break
        except Interrupted:
            interruptions += 1
            assert len(load_checkpoint(file).epochs) == interruptions
            if interruptions == 2:
                new_process()
    assert interruptions == whole["epochs_run"] - (whole["epochs_run"] == 5)
    assert without_times(record) == without_times(whole)


def test_a_training_killed_within_an_epoch_is_the_same_training(whole, splits, tmp_path):
    class Killed(BaseException):
        pass

    def kill(progress):
        if progress.epoch == 3:
            raise Killed

    with pytest.raises(Killed):
        train(busy(), splits, checkpoint=tmp_path / "x.npz", watch=kill)
    record = train(busy(), splits, checkpoint=tmp_path / "x.npz")
    assert without_times(record) == without_times(whole)


def test_a_damaged_checkpoint_starts_the_training_over(whole, splits, tmp_path):
    (tmp_path / "x.npz").write_bytes(b"PK\x03\x04 and then the power went")
    assert without_times(train(busy(), splits, checkpoint=tmp_path / "x.npz")) == without_times(whole)


def test_where_there_are_more_recipes_than_memory_the_first_stay_compiled(splits, monkeypatch):
    new_process()
    monkeypatch.setattr(kept, "MOST_BYTES", 2.5 * 3 * 4 * tiny_parameters(splits))
    first_round = [train(tiny.trial(learning_rate=rate), splits) for rate in (0.1, 0.2, 0.3)]
    first = compiled()
    assert len(first) == 2
    again = train(tiny.trial(learning_rate=0.1), splits)
    assert compiled() == first
    assert without_times(again) == without_times(first_round[0])


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="of TensorFlow's graphs")
def test_a_training_that_is_not_kept_leaves_no_graph_behind(splits):
    def graphs():
        gc.collect()
        return sum(type(one).__name__ == "FuncGraph" for one in gc.get_objects())

    counts = []
    for _ in range(3):
        new_process()
        train(tiny.trial(), splits)
        counts.append(graphs())
    assert counts[1:] == counts[:1] * 2


def test_early_stopping_judges_the_best_epochs_weights(splits):
    recipe = tricks.apply("early_stopping", tiny.recipe(epochs=30, learning_rate=0.05), {"patience": 2})
    trial = tiny.trial_of(recipe)
    record = train(trial, splits)
    losses = [row["val_loss"] for row in record["epochs"]]
    assert record["epochs_run"] == losses.index(min(losses)) + 1 + 2 < 30
    assert record["val_loss"] == pytest.approx(min(losses), rel=1e-6)


JUDGED = {
    "plain": {},
    "ema": {"ema": {"momentum": 0.9}},
    "early_stopping": {"early_stopping": {"patience": 2}},
    "both": {"ema": {"momentum": 0.9}, "early_stopping": {"patience": 2}},
}


@pytest.mark.parametrize("used", JUDGED.values(), ids=JUDGED)
def test_the_model_that_is_saved_scores_what_the_table_says(used, splits, tmp_path):
    recipe = tiny.recipe(epochs=12, learning_rate=0.05)
    for name, parameters in used.items():
        recipe = tricks.apply(name, recipe, parameters)
    last = {}
    record = train(
        tiny.trial_of(recipe),
        splits,
        keep_judged=keeper(Observing(models=tmp_path)),
        observe=lambda moment: last.update(state=moment.learner.state(), learner=moment.learner),
    )
    model = keras.saving.load_model(tmp_path / "judged.keras")
    for part in ("train", "val", "test"):
        images, labels = getattr(splits, f"x_{part}"), getattr(splits, f"y_{part}")
        loss, accuracy, _ = judge.scored(np.array(model(images.astype("float32"), training=False)), labels)
        assert accuracy == record[f"{part}_accuracy"]
        assert loss == pytest.approx(record[f"{part}_loss"], rel=1e-5)
    weights = [np.array(weight) for weight in model.trainable_variables]
    same = all(map(np.array_equal, weights, last["state"]))
    assert same == (not used), "the raw weights of the last epoch are judged in a plain step alone"


def test_the_best_epoch_is_the_one_whose_weights_are_judged(splits):
    recipe = tricks.apply("early_stopping", tiny.recipe(epochs=30, learning_rate=0.05), {"patience": 2})
    record = train(tiny.trial_of(recipe), splits)
    losses = [row["val_loss"] for row in record["epochs"]]
    assert record["best_epoch"] == losses.index(min(losses)) + 1
    assert record["best_val_accuracy"] == max(row["val_accuracy"] for row in record["epochs"])


def misfits(splits, tmp_path):
    """Checkpoints that are whole files and not this trial's, each by what is wrong with it."""
    file = tmp_path / "x.npz"
    with pytest.raises(Interrupted):
        train(busy(), splits, checkpoint=file, stop=lambda: True)
    good = load_checkpoint(file)
    row = good.epochs[0]
    return {
        "another trial's": dataclasses.replace(good, config_hash="0" * 16),
        "an array less": dataclasses.replace(good, state=good.state[1:]),
        "another shape": dataclasses.replace(good, state=[np.zeros(3), *good.state[1:]]),
        "no best weights": dataclasses.replace(good, best=None),
        "no epochs": dataclasses.replace(good, epochs=[]),
        "epochs of nothing": dataclasses.replace(good, epochs=[1]),
        "a text for a loss": dataclasses.replace(good, epochs=[row | {"val_loss": "low"}]),
        "the second epoch first": dataclasses.replace(good, epochs=[row | {"epoch": 2}]),
        "too many epochs": dataclasses.replace(good, epochs=[row | {"epoch": i} for i in range(1, 7)]),
    }


def test_a_checkpoint_of_other_content_starts_the_training_over(whole, splits, tmp_path):
    file, strange = tmp_path / "x.npz", misfits(splits, tmp_path)
    variables = (
        kept.Engines().engine(busy().setting.recipe, kept.problem_of(splits), splits, 4, 0).learner.variables
    )
    for name, checkpoint in strange.items():
        assert not fits(checkpoint, busy(), variables), name
    for name in ("another shape", "a text for a loss", "too many epochs"):
        save_checkpoint(file, strange[name])
        assert without_times(train(busy(), splits, checkpoint=file)) == without_times(whole)


def test_a_data_set_that_no_trial_needs_any_more_is_let_go(splits):
    engines, other = kept.Engines(), dataclasses.replace(splits, x_train=splits.x_train // 2, sha256="darker")
    gone = weakref.ref(other.x_train)
    for images in (other, splits):
        engine = engines.engine(tiny.recipe(), kept.problem_of(images), images, 4, 0)
        engine.train(np.zeros((1, 16), "int32"))
    del other, images
    gc.collect()
    assert gone() is None and len(engines) == 2


def test_engines_share_a_training_set_and_each_trains_on_the_one_taken_up_last(splits):
    engines, other = kept.Engines(), dataclasses.replace(splits, x_train=255 - splits.x_train, sha256="1")
    batch = np.arange(16, dtype="int32")[None]

    def loss(images):
        return engines.engine(tiny.recipe(), kept.problem_of(splits), images, 4, 0).train(batch)[0][0]

    first, second = loss(splits), loss(other)
    assert first != second and [loss(splits), loss(other)] == [first, second]


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells it alone")
def test_peak_memory_is_the_trials_and_not_what_the_process_once_held(splits, monkeypatch):
    if not hardware.forget_peak_memory():
        pytest.skip("this system does not let its peak be forgotten")
    large = np.ones(400_000_000, np.uint8)
    once = hardware.peak_memory_mb()
    assert large.all()
    del large
    record = train(tiny.trial(epochs=1), splits)
    assert 0 < record["peak_memory_mb"] < once - 200
    monkeypatch.setattr(training, "forget_peak_memory", lambda: False)
    assert train(tiny.trial(epochs=1), splits)["peak_memory_mb"] is None


@pytest.mark.parametrize(("share", "epochs"), [({}, [1]), ({"checkpoint_share": 1.0}, [1, 2, 3])])
def test_checkpoints_cost_no_more_than_their_share_of_the_time(share, epochs, splits, tmp_path, monkeypatch):
    clock, saved = itertools.count(), []

    def slow(file, checkpoint):
        saved.append(len(checkpoint.epochs))
        next(clock)
        next(clock)

    monkeypatch.setattr(training, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    monkeypatch.setattr(training, "save_checkpoint", slow)
    train(tiny.trial(epochs=4), splits, checkpoint=tmp_path / "x.npz", **share)
    assert saved == epochs


def test_a_loss_that_leaves_the_finite_numbers_ends_the_trial_within_the_epoch(splits):
    record = train(tiny.trial(learning_rate=1e39, epochs=3), splits)
    assert record["status"] == "diverged"
    assert (
        record["error"].startswith(("loss nan in step", "loss inf in step"))
        and "of epoch 1" in record["error"]
    )
    assert record["epochs"] == [] and "test_accuracy" not in record


def divergence(epoch, losses, first, most):
    return judge.divergence(epoch, [np.array(some, "float32") for some in losses], first, most)


def test_a_loss_over_a_multiple_of_the_first_is_a_divergence_by_hand():
    assert divergence(1, [[2, 5.9], [6.0, 1]], 2.0, 3) == "", "three times the first is not over it"
    assert divergence(2, [[2, 5.9], [1, 6.5]], 2.0, 3) == (
        "loss 6.5 in step 4 of epoch 2, over 3 times the first, 2"
    )
    assert divergence(2, [[2, 5.9], [1, 6.5]], 2.0, None) == ""
    assert divergence(1, [[2, np.nan, 9]], 2.0, 3) == "loss nan in step 2 of epoch 1"


def test_a_training_stops_within_the_epoch_at_a_multiple_of_its_first_loss(splits):
    wild = {"learning_rate": 3.0, "optimizer": {"path": "keras.optimizers.SGD"}, "epochs": 3}
    record = train(tiny.trial(stop_at_loss=3, **wild), splits)
    assert (record["status"], record["epochs"]) == ("diverged", [])
    assert "of epoch 1, over 3 times the first, " in record["error"]


def test_a_network_that_does_not_learn_ends_at_chance_and_is_judged(splits, tmp_path):
    dead = {"activation": "sigmoid", "convs_per_block": 6, "epochs": 4, "learning_rate": 1e-6}
    trial, file = tiny.trial(stop_at_chance=2, **dead), tmp_path / "x.npz"
    record = train(trial, splits)
    assert (record["status"], record["epochs_run"]) == ("done", 2) and record["test_accuracy"] is not None
    with pytest.raises(Interrupted):
        train(trial, splits, checkpoint=file, stop=lambda: True)
    assert without_times(train(trial, splits, checkpoint=file)) == without_times(record)
    assert train(tiny.trial(stop_at_chance=5, **dead), splits)["epochs_run"] == 4


def test_the_first_loss_is_remembered_across_an_interruption(splits, tmp_path):
    file, trial = tmp_path / "x.npz", tiny.trial(stop_at_loss=3, epochs=2)
    whole = train(trial, splits)
    with pytest.raises(Interrupted):
        train(trial, splits, checkpoint=file, stop=lambda: True)
    kept = load_checkpoint(file)
    assert kept.first_loss > kept.epochs[0]["loss"] > 1
    assert without_times(train(trial, splits, checkpoint=file)) == without_times(whole)
    save_checkpoint(file, dataclasses.replace(kept, first_loss=kept.first_loss / 100))
    record = train(trial, splits, checkpoint=file)
    assert "step 1 of epoch 2, over 3 times the first" in record["error"]


def test_a_record_says_what_the_network_made_of_the_images_that_are_shown(whole, splits, monkeypatch):
    seen = TrialRecord.model_validate(
        {"contract": 1, **whole, "confusion": whole["confusion"].tolist()}
    ).shown
    assert seen.truth == splits.y_test.tolist()
    hits = np.equal(seen.truth, seen.predicted)
    assert hits.mean() == pytest.approx(whole["test_accuracy"])
    assert seen.map_sides == (8, 8) and seen.images == shown.name(splits.x_test, splits.y_test)

    def broken(*_):
        raise ValueError("no gradient\nto be had")

    monkeypatch.setattr(judge, "activation_maps", broken)
    record = train(tiny.trial(), splits)
    assert record["status"] == "done" and record["shown"]["no_maps"] == "ValueError: no gradient to be had"
    assert "maps" not in record["shown"]


def test_a_record_says_which_test_images_were_predicted_right(whole, splits):
    told = TrialRecord.model_validate({"contract": 1, **whole, "confusion": whole["confusion"].tolist()})
    packed = np.frombuffer(base64.b64decode(told.right.bits), np.uint8)
    hits = np.unpackbits(packed, count=told.right.number).astype(bool)
    by_class = np.argsort(told.shown.truth, kind="stable")
    np.testing.assert_array_equal(hits, np.equal(told.shown.truth, told.shown.predicted)[by_class])
    assert told.right.images == splits.test_sha256


def test_without_test_images_everything_else_is_judged(splits):
    none = dataclasses.replace(splits, x_test=splits.x_test[:0], y_test=splits.y_test[:0])
    whole, record = (train(tiny.trial(), one) for one in (splits, none))
    silent = ("test_loss", "test_accuracy", "test_top5_accuracy", "gap", "measures", "shown", "right")
    assert [record[name] for name in (*silent, "confusion")] == [None] * 8
    assert whole["measures"]["log_loss"] == pytest.approx(whole["test_loss"], rel=1e-6)
    assert whole["measures"]["top5_accuracy"] == whole["test_top5_accuracy"]
    assert without_times(record) == without_times(whole) | dict.fromkeys(silent)


def test_a_validation_loss_that_is_not_finite_is_a_divergence_too(splits, monkeypatch):
    monkeypatch.setattr(judge, "evaluate", lambda *_: (float("inf"), 0.1, None))
    record = train(tiny.trial(), splits)
    assert (record["status"], record["error"]) == ("diverged", "validation loss inf after epoch 1")


def test_evaluation_by_hand(monkeypatch):
    logits = np.array([[2.0, 0.0], [0.0, 1.0], [1000.0, 0.0]], "float32")
    monkeypatch.setattr(judge, "predict", lambda *_: logits)
    loss, accuracy, predicted = evaluate(None, None, np.array([0, 0, 1]))
    by_hand = (np.log(1 + np.exp(-2)) + np.log(1 + np.exp(1)) + 1000) / 3
    assert loss == pytest.approx(by_hand)
    assert accuracy == pytest.approx(1 / 3)
    assert list(predicted) == [0, 1, 0]


def test_images_that_fill_no_batch_are_left_out_of_that_epoch_only(splits, monkeypatch):
    seen = []

    def watched(self, *args):
        engine = real(self, *args)
        step = engine.train
        monkeypatch.setattr(engine, "train", lambda batches: [seen.append(batches), step(batches)][1])
        return engine

    real = kept.Engines.engine
    monkeypatch.setattr(kept.Engines, "engine", watched)
    train(tiny.trial(batch_size=24, epochs=2), splits)
    first, second = (set(batches.ravel()) for batches in seen)
    assert seen[0].shape == (2, 24)
    assert len(first) == len(second) == 48, "no image twice in an epoch"
    assert first != second, "others are left out in the next one"


def test_a_repetition_draws_other_random_numbers_for_everything(splits):
    one, again, other = (train(tiny.trial(epochs=1, stream=stream), splits) for stream in (0, 0, 1))
    assert one["epochs"][0]["loss"] == again["epochs"][0]["loss"] != other["epochs"][0]["loss"]
    assert tiny.trial(stream=0).config_hash == tiny.trial().config_hash != tiny.trial(stream=1).config_hash


def test_top_k_accuracy_is_numpys(whole):
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(200, 10)), rng.integers(0, 10, 200)
    ranks = (logits > logits[np.arange(200), labels][:, None]).sum(axis=1)
    for k in (1, 3, 5, 10):
        assert judge.top_k_accuracy(logits, labels, k) == pytest.approx((ranks < k).mean())
    assert judge.top_k_accuracy(np.zeros((4, 10)), np.arange(4), 2) == 0.5, "of equals the first count"
    assert whole["test_accuracy"] <= whole["test_top5_accuracy"] <= 1
