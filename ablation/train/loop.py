"""One trial, start to end."""

import gc
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from ablation.data import Splits, mean_and_deviation
from ablation.engine import PLAIN, Engine, new_engine, predict
from ablation.engine.learner import Learner, new_learner
from ablation.engine.parallel import on_devices
from ablation.hardware import accelerators, peak_memory_mb
from ablation.networks.layout import Problem, graph, layout
from ablation.observers import Moment, Observe
from ablation.recipe import Prediction, Recipe
from ablation.results.folder import JUDGED_TRAINING_IMAGES
from ablation.runner.options import CHECKPOINT_SHARE
from ablation.streams import generator, repeated
from ablation.study.trial import Trial
from ablation.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from ablation.train.early_stopping import best_epoch, should_stop
from ablation.train.weights import Weights, load_backbone, load_weights, save_weights, take_over

STEPS_PER_CALL = 32


class Interrupted(Exception):
    """Training was asked to stop; what was done is in the checkpoint."""


@dataclass(frozen=True)
class Progress:
    """Where a trial stands.

    Attributes:
        epoch: the one under way, from 1.
        epochs: how many there will be at most.
        done: share of this epoch, 0-1.
        images_per_second: of this epoch so far.
        row: the finished epoch's figures, or None within one.
    """

    epoch: int
    epochs: int
    done: float
    images_per_second: float
    row: dict[str, Any] | None = None


_problems: dict[str, Problem] = {}


def problem_of(splits: Splits) -> Problem:
    """What a network has to know of these data; read off the images once.

    A channel that is the same everywhere counts with a deviation of 1: scaled, it is 0.
    """
    if splits.sha256 not in _problems:
        mean, deviation = (tuple(map(float, figure)) for figure in mean_and_deviation(splits.x_train))
        deviation = tuple(figure or 1.0 for figure in deviation)
        height, width, channels = splits.x_train.shape[1:]
        _problems[splits.sha256] = Problem((height, width, channels), len(splits.classes), mean, deviation)
    return _problems[splits.sha256]


def train(
    trial: Trial,
    splits: Splits,
    *,
    checkpoint: Path | None = None,
    checkpoint_share: float = CHECKPOINT_SHARE,
    start: Path | None = None,
    keep: Path | None = None,
    watch: Callable[[Progress], None] = lambda progress: None,
    observe: Observe = lambda moment: None,
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Train and judge one network.

    The test images are looked at once, at the end.

    Args:
        trial: what to train.
        splits: the trial's data.
        checkpoint: where an unfinished training is kept and, if it is there, taken up again.
        checkpoint_share: of the training time that keeping it may take, 0-1.
        start: the weights that the recipe's warm-up or pretraining left, or a file of its backbone's.
        keep: where to leave the weights that were judged, for others to start from.
        watch: told of progress several times an epoch.
        observe: shown the network at the end of every epoch; it must leave it as it is.
        stop: asked after every epoch whether to stop for now.

    Returns:
        The trial's record, as `RunFolder.save_trial` takes it: status `done`, or `diverged` where the training or
        the validation loss left the finite numbers or `stop_at_loss` was exceeded. Without test images the figures
        of the test split are none.

    Raises:
        Interrupted: `stop` said so; the checkpoint holds everything up to the last epoch.
        UserError: a backbone's weights are not to be had.
        ValueError: the recipe cannot be built on such images.
    """
    recipe = trial.setting.recipe
    seed = repeated(trial.seed, recipe.stream)
    batch = min(recipe.batch_size, len(splits.x_train))
    steps = len(splits.x_train) // batch
    problem = problem_of(splits)
    origin = _origin(recipe, start)
    if origin is not None:
        problem = replace(problem, mean=origin.mean, deviation=origin.deviation)
    engine = _engine(recipe, problem, splits, steps, seed, trial.devices)
    learner = engine.learner
    if origin is not None:
        take_over(learner.model, origin, recipe, graph(recipe, problem))
    elif recipe.backbone is not None:
        load_backbone(learner.model, recipe.backbone, start)

    kept = load_checkpoint(checkpoint)
    epochs: list[dict[str, Any]] = []
    best: list[np.ndarray] | None = None
    first_loss: float | None = None
    if kept is not None:
        learner.load(kept.state)
        epochs, best, first_loss = kept.epochs, kept.best, kept.first_loss
    saved_at, save_cost = time.perf_counter(), 0.0
    divergence = ""

    while len(epochs) < recipe.epochs and not should_stop(recipe.early_stopping, epochs):
        epoch = len(epochs) + 1
        order = generator(seed, "order", epoch).permutation(len(splits.x_train))
        batches = order[: steps * batch].reshape(steps, batch).astype(np.int32)
        rate = float(ops.convert_to_numpy(learner.optimizer.learning_rate))
        started, losses, hits = time.perf_counter(), [], 0
        for first in range(0, steps, STEPS_PER_CALL):
            some, hit = engine.train(batches[first : first + STEPS_PER_CALL])
            losses.append(some)
            hits += hit
            first_loss = float(losses[0][0]) if first_loss is None else first_loss
            if divergence := _divergence(len(epochs) + 1, losses, first_loss, recipe.stop_at_loss):
                break
            done = min(first + STEPS_PER_CALL, steps)
            watch(
                Progress(epoch, recipe.epochs, done / steps, done * batch / (time.perf_counter() - started))
            )
        if divergence:
            break
        seconds = time.perf_counter() - started
        val_loss, val_accuracy, _ = evaluate(engine, splits.x_val, splits.y_val)
        if not np.isfinite(val_loss):
            divergence = f"validation loss {val_loss} after epoch {epoch}"
            break
        epochs.append(
            {
                "epoch": epoch,
                "loss": float(np.concatenate(losses).mean(dtype=np.float64)),
                "accuracy": hits / (steps * batch),
                "val_loss": val_loss,
                "val_accuracy": val_accuracy,
                "learning_rate": rate,
                "seconds": seconds,
            }
        )
        watch(Progress(epoch, recipe.epochs, 1.0, steps * batch / seconds, epochs[-1]))
        observe(Moment(learner, layout(recipe, problem), splits, epochs))
        if recipe.early_stopping is not None and best_epoch(recipe.early_stopping, epochs) == epoch:
            best = learner.state()
        stopping = stop() and len(epochs) < recipe.epochs
        if checkpoint is not None and len(epochs) < recipe.epochs:
            now = time.perf_counter()
            if stopping or save_cost <= checkpoint_share * (now - saved_at):
                save_checkpoint(checkpoint, Checkpoint(learner.state(), epochs, best, first_loss))
                saved_at = time.perf_counter()
                save_cost = saved_at - now
        if stopping:
            raise Interrupted

    if best is not None:
        learner.load(best)
    learner.optimizer.finalize_variable_values(learner.trainable)
    facts = _facts(trial, problem, epochs, steps * batch)
    if divergence:
        return {**facts, "status": "diverged", "error": divergence}
    if keep is not None:
        save_weights(keep, learner.model, problem)
    return {**facts, **_judged(engine, splits, epochs, recipe.predict)}


def evaluate(
    engine: Engine, images: np.ndarray, labels: np.ndarray, how: Prediction = PLAIN
) -> tuple[float, float, np.ndarray]:
    """Mean cross-entropy, accuracy (0-1) and predicted classes, int (n,), in inference mode."""
    return scored(predict(engine, images, how), labels)


def scored(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Mean cross-entropy, accuracy (0-1) and predicted classes, int (n,), of logits (n, classes)."""
    logits = logits.astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    log_likelihood = logits[np.arange(len(labels)), labels] - np.log(np.exp(logits).sum(axis=1))
    predicted = logits.argmax(axis=1)
    return float(-log_likelihood.mean()), float((predicted == labels).mean()), predicted


def top_k_accuracy(logits: np.ndarray, labels: np.ndarray, k: int = 5) -> float:
    """Share of images whose class is among their k largest logits (n, classes)."""
    return float((np.argsort(-logits, axis=1, kind="stable")[:, :k] == labels[:, None]).any(axis=1).mean())


def _facts(trial: Trial, problem: Problem, epochs: list[dict[str, Any]], images: int) -> dict[str, Any]:
    """The part of a record that every training has, however it ended."""
    nodes = layout(trial.setting.recipe, problem)
    seconds = sum(epoch["seconds"] for epoch in epochs)
    return {
        "config_hash": trial.config_hash,
        "seed": trial.seed,
        "epochs_run": len(epochs),
        "parameters": sum(node.parameters for node in nodes),
        "flops_per_image": sum(node.flops for node in nodes),
        "train_seconds": seconds,
        "images_per_second": images * len(epochs) / seconds if seconds else None,
        "peak_memory_mb": peak_memory_mb(),
        "epochs": epochs,
    }


def _judged(engine: Engine, splits: Splits, epochs: list[dict[str, Any]], how: Prediction) -> dict[str, Any]:
    """The part of a record that says how good the trained network is."""
    some = slice(0, JUDGED_TRAINING_IMAGES)
    train_loss, train_accuracy, _ = evaluate(engine, splits.x_train[some], splits.y_train[some], how)
    val_loss, val_accuracy, _ = evaluate(engine, splits.x_val, splits.y_val, how)
    best = max(epochs, key=lambda row: row["val_accuracy"])
    test_loss = test_accuracy = top5 = confusion = None
    if len(splits.x_test):
        logits = predict(engine, splits.x_test, how)
        test_loss, test_accuracy, predicted = scored(logits, splits.y_test)
        top5 = top_k_accuracy(logits, splits.y_test)
        confusion = np.zeros((len(splits.classes),) * 2, int)
        np.add.at(confusion, (splits.y_test, predicted), 1)
    return {
        "status": "done",
        "error": None,
        "best_epoch": best["epoch"],
        "best_val_accuracy": best["val_accuracy"],
        "train_accuracy": train_accuracy,
        "running_train_accuracy": epochs[-1]["accuracy"],
        "val_accuracy": val_accuracy,
        "test_accuracy": test_accuracy,
        "gap": None if test_accuracy is None else train_accuracy - test_accuracy,
        "train_loss": train_loss,
        "val_loss": val_loss,
        "test_loss": test_loss,
        "test_top5_accuracy": top5,
        "confusion": confusion,
    }


def _divergence(epoch: int, losses: list[np.ndarray], first: float, most: float | None) -> str:
    """Where the loss left the finite numbers or exceeded `most` times the `first`; empty where it did not."""
    all_losses = np.concatenate(losses)
    wrong = ~np.isfinite(all_losses) | (all_losses > (most or np.inf) * first)
    if not wrong.any():
        return ""
    step = int(wrong.argmax())
    loss = all_losses[step]
    limit = f", over {most:g} times the first, {first:.4g}" if most and np.isfinite(loss) else ""
    return f"loss {loss:.4g} in step {step + 1} of epoch {epoch}{limit}"


def _origin(recipe: Recipe, start: Path | None) -> Weights | None:
    """The weights of the training that this one goes on from, if it goes on from one."""
    if recipe.warm_up is None and recipe.pretrained is None:
        return None
    if start is None:
        raise ValueError("start: the recipe goes on from another training, expected its weights")
    return load_weights(start)


_engines: dict[str, Engine] = {}
ENGINES_BYTES, ENGINES_BYTES_ACCELERATED, COLLECTED_BYTES = 100e6, 4e9, 10e6


def _engine(
    recipe: Recipe, problem: Problem, splits: Splits, steps: int, seed: int, devices: int = 1
) -> Engine:
    """A compiled engine in its initial state for `seed`; seeds of one recipe share a compiled program.

    As many engines are kept as `ENGINES_BYTES` hold the variables of, or on an accelerator, which takes longest to
    compile for, `ENGINES_BYTES_ACCELERATED`. Seeds take turns, so of too many recipes the first ones are wanted again
    first, and the last one makes room.
    """
    key = json.dumps(
        [recipe.model_dump(mode="json"), splits.sha256, steps, keras.config.backend(), devices],
        sort_keys=True,
    )
    with on_devices(devices):
        fresh = new_learner(recipe, problem, steps, seed)
    size = _bytes(fresh)
    if key in _engines:
        _engines[key].learner.load(fresh.state())
    else:
        most = ENGINES_BYTES_ACCELERATED if accelerators() else ENGINES_BYTES
        while _engines and size + sum(_bytes(one.learner) for one in _engines.values()) > most:
            _engines.popitem()
        _engines[key] = new_engine(fresh, splits.x_train, splits.y_train, devices)
    del fresh
    if size > COLLECTED_BYTES:  # networks refer to themselves, and Python lets go of those late
        gc.collect()
    return _engines[key]


def _bytes(learner: Learner) -> int:
    """Of a learner's variables."""
    return sum(4 * math.prod(variable.shape) for variable in learner.variables)
