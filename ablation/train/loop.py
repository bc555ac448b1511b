"""One trial, start to end."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from ablation.data import Splits
from ablation.engine.learner import Learner
from ablation.errors import UserError
from ablation.hardware import forget_peak_memory, peak_memory_mb
from ablation.networks.layout import Problem, graph, layout
from ablation.observers import Moment, Observe
from ablation.recipe import Recipe
from ablation.streams import generator, repeated
from ablation.study.trial import Trial
from ablation.train import CHECKPOINT_SHARE, judge
from ablation.train.checkpoint import Checkpoint, fits, load_checkpoint, save_checkpoint
from ablation.train.early_stopping import best_epoch, is_at_chance, should_stop
from ablation.train.engines import Engines, problem_of
from ablation.train.order import epoch_order
from ablation.train.weights import Weights, load_backbone, load_weights, save_weights, take_over
from ablation.train.whitening import whiten

STEPS_PER_CALL = 32
NO_WEIGHTS = "{}: not the weights of the training before; remove the file and it is done again"


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


def train(
    trial: Trial,
    splits: Splits,
    *,
    checkpoint: Path | None = None,
    checkpoint_share: float = CHECKPOINT_SHARE,
    start: Path | None = None,
    backbone: Path | None = None,
    keep: Path | None = None,
    engines: Engines | None = None,
    watch: Callable[[Progress], None] = lambda progress: None,
    observe: Observe = lambda moment: None,
    keep_judged: Callable[[Learner], None] = lambda learner: None,
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Train and judge one network.

    The test images are looked at once, at the end.

    Args:
        trial: what to train.
        splits: the trial's data.
        checkpoint: where an unfinished training is kept and, if it is there, taken up again.
        checkpoint_share: of the training time that keeping it may take, 0-1.
        start: the weights that the recipe's warm-up or pretraining left.
        backbone: file of its backbone's weights; None to have Keras fetch them.
        keep: where to leave the weights that were judged, for others to start from.
        engines: networks compiled for earlier trials; None compiles for this one alone.
        watch: told of progress several times an epoch.
        observe: shown the network at the end of every epoch; it must leave it as it is.
        keep_judged: shown the network once more with the weights that are judged: averaged, or the best epoch's, where
            the recipe says so.
        stop: asked after every epoch whether to stop for now.

    Returns:
        The trial's record, as `RunFolder.save_trial` takes it: status `done`, or `diverged` where the training or
        the validation loss left the finite numbers or `stop_at_loss` was exceeded. Without test images the figures
        of the test split are none.

    Raises:
        Interrupted: `stop` said so; the checkpoint holds everything up to the last epoch.
        UserError: a backbone's weights are not to be had, or `start` does not hold the weights of such a network.
        ValueError: the recipe cannot be built on such images.
    """
    counted = forget_peak_memory()
    recipe = trial.setting.recipe
    seed = repeated(trial.seed, recipe.stream)
    batch = min(recipe.batch_size, len(splits.x_train))
    steps = len(splits.x_train) // batch
    problem = problem_of(splits)
    origin = _origin(recipe, start)
    if origin is not None:
        problem = replace(problem, mean=origin.mean, deviation=origin.deviation)
    engines = Engines() if engines is None else engines
    engine = engines.engine(recipe, problem, splits, steps, seed, trial.devices)
    learner = engine.learner
    if recipe.whitening is not None:
        whiten(learner, splits.x_train, recipe.whitening)
    if origin is not None:
        try:
            take_over(learner.model, origin, recipe, graph(recipe, problem))
        except (KeyError, ValueError) as error:
            raise UserError(NO_WEIGHTS.format(start)) from error
    elif recipe.backbone is not None:
        load_backbone(learner.model, recipe.backbone, backbone)
    if learner.slow is not None:
        learner.slow.start()
    total, last = recipe.total_steps(steps), math.ceil(recipe.epochs)
    mirrored = generator(seed, "alternating_flip").random(len(splits.x_train)) < 0.5

    kept = load_checkpoint(checkpoint)
    if kept is not None and not fits(kept, trial, learner.variables):
        kept = None
    epochs: list[dict[str, Any]] = []
    best: list[np.ndarray] | None = None
    first_loss: float | None = None
    if kept is not None:
        learner.load(kept.state)
        epochs, best, first_loss = kept.epochs, kept.best, kept.first_loss
    saved_at, save_cost = time.perf_counter(), 0.0
    divergence = ""

    while not (
        len(epochs) == last
        or should_stop(recipe.early_stopping, epochs)
        or is_at_chance(recipe.stop_at_chance, epochs, steps * batch, problem.classes)
    ):
        epoch = len(epochs) + 1
        now = steps_in(epoch, steps, total)
        order = epoch_order(recipe, splits.y_train, seed, epoch)
        if learner.plateau is not None:
            learner.optimizer.learning_rate = learner.plateau.rate(epochs)
        if recipe.alternating_flip:
            order += len(order) * (mirrored[order] ^ (epoch % 2 == 0))
        batches = order[: now * batch].reshape(now, batch).astype(np.int32)
        rate = float(ops.convert_to_numpy(learner.optimizer.learning_rate))
        started, losses, hits = time.perf_counter(), [], 0
        for first in range(0, now, STEPS_PER_CALL):
            some, hit = engine.train(batches[first : first + STEPS_PER_CALL])
            losses.append(some)
            hits += hit
            first_loss = float(losses[0][0]) if first_loss is None else first_loss
            if divergence := judge.divergence(len(epochs) + 1, losses, first_loss, recipe.stop_at_loss):
                break
            done = min(first + STEPS_PER_CALL, now)
            watch(Progress(epoch, last, done / now, done * batch / (time.perf_counter() - started)))
        if divergence:
            break
        seconds = time.perf_counter() - started
        val_loss, val_accuracy, _ = judge.evaluate(engine, splits.x_val, splits.y_val)
        if not np.isfinite(val_loss):
            divergence = f"validation loss {val_loss} after epoch {epoch}"
            break
        epochs.append(
            {
                "epoch": epoch,
                "loss": float(np.concatenate(losses).mean(dtype=np.float64)),
                "accuracy": hits / (now * batch),
                "val_loss": val_loss,
                "val_accuracy": val_accuracy,
                "learning_rate": rate,
                "seconds": seconds,
            }
        )
        watch(Progress(epoch, last, 1.0, now * batch / seconds, epochs[-1]))
        observe(Moment(learner, layout(recipe, problem), splits, epochs))
        if recipe.early_stopping is not None and best_epoch(recipe.early_stopping, epochs) == epoch:
            best = learner.state()
        stopping = stop() and epoch < last
        if checkpoint is not None and epoch < last:
            before = time.perf_counter()
            if stopping or save_cost <= checkpoint_share * (before - saved_at):
                save_checkpoint(
                    checkpoint, Checkpoint(learner.state(), epochs, best, first_loss, trial.config_hash)
                )
                saved_at = time.perf_counter()
                save_cost = saved_at - before
        if stopping:
            raise Interrupted

    if best is not None:
        learner.load(best)
    learner.finish()
    images = batch * sum(steps_in(row["epoch"], steps, total) for row in epochs)
    facts = _facts(trial, problem, epochs, images) | {"peak_memory_mb": peak_memory_mb() if counted else None}
    if divergence:
        return {**facts, "status": "diverged", "error": divergence}
    if keep is not None:
        save_weights(keep, learner.model, problem)
    keep_judged(learner)
    return facts | judge.judged(engine, splits, epochs, recipe, graph(recipe, problem))


def steps_in(epoch: int, steps_per_epoch: int, total: int) -> int:
    """Steps of an epoch, from 1, of a training of `total` steps: the last epoch may be shorter."""
    return max(0, min(steps_per_epoch, total - (epoch - 1) * steps_per_epoch))


def _facts(trial: Trial, problem: Problem, epochs: list[dict[str, Any]], images: int) -> dict[str, Any]:
    """The part of a record that every training has, however it ended; `images` is how many it was shown."""
    nodes = layout(trial.setting.recipe, problem)
    seconds = sum(epoch["seconds"] for epoch in epochs)
    return {
        "config_hash": trial.config_hash,
        "seed": trial.seed,
        "epochs_run": len(epochs),
        "parameters": sum(node.parameters for node in nodes),
        "flops_per_image": sum(node.flops for node in nodes),
        "train_seconds": seconds,
        "images_per_second": images / seconds if seconds else None,
        "epochs": epochs,
    }


def _origin(recipe: Recipe, start: Path | None) -> Weights | None:
    """The weights of the training that this one goes on from, if it goes on from one."""
    if recipe.warm_up is None and recipe.pretrained is None:
        return None
    if start is None:
        raise ValueError("start: the recipe goes on from another training, expected its weights")
    try:
        return load_weights(start)
    except Exception as error:  # a damaged archive raises nearly anything
        raise UserError(NO_WEIGHTS.format(start)) from error
