"""How good a network is: losses and accuracies of its logits, and where a training has left the finite numbers."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ablation import measures
from ablation.data import Splits, shown
from ablation.engine import PLAIN, Engine, predict
from ablation.engine.gradients import activation_maps
from ablation.networks.graph import Graph
from ablation.recipe import Prediction, Recipe
from ablation.results.folder import JUDGED_TRAINING_IMAGES
from ablation.train.early_stopping import best_epoch


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


def judged(
    engine: Engine, splits: Splits, epochs: Sequence[Mapping[str, Any]], recipe: Recipe, written: Graph
) -> dict[str, Any]:
    """The part of a record that says how good the trained network is.

    `best_epoch` is the one whose weights these are, where early stopping chose it, and else the one of the highest
    validation accuracy; `best_val_accuracy` is the highest of any epoch.
    """
    how = recipe.predict
    some = slice(0, JUDGED_TRAINING_IMAGES)
    train_loss, train_accuracy, _ = evaluate(engine, splits.x_train[some], splits.y_train[some], how)
    val_loss, val_accuracy, _ = evaluate(engine, splits.x_val, splits.y_val, how)
    best = max(epochs, key=lambda row: row["val_accuracy"])
    chosen = best["epoch"] if recipe.early_stopping is None else best_epoch(recipe.early_stopping, epochs)
    test_loss = test_accuracy = top5 = confusion = measured = looked = right = None
    if len(splits.x_test):
        logits = predict(engine, splits.x_test, how)
        test_loss, test_accuracy, predicted = scored(logits, splits.y_test)
        top5 = top_k_accuracy(logits, splits.y_test)
        measured = dict(measures.measured(logits, splits.y_test))
        confusion = np.zeros((len(splits.classes),) * 2, int)
        np.add.at(confusion, (splits.y_test, predicted), 1)
        looked = _shown(engine, splits, predicted, written)
        by_class = np.argsort(splits.y_test, kind="stable")
        hits = np.packbits((predicted == splits.y_test)[by_class])
        right = {
            "images": splits.test_sha256,
            "number": len(splits.y_test),
            "bits": base64.b64encode(hits.tobytes()).decode(),
            "by_class": True,
        }
    return {
        "status": "done",
        "error": None,
        "best_epoch": chosen,
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
        "measures": measured,
        "confusion": confusion,
        "shown": looked,
        "right": right,
    }


def _shown(engine: Engine, splits: Splits, predicted: np.ndarray, written: Graph) -> dict[str, Any]:
    """What the network makes of the test images that the report shows, as `results.record.Shown`.

    A map that cannot be had takes nothing from the trial: the record says why there is none.
    """
    places = shown.places(splits.x_test)
    images, labels, classes = splits.x_test[places], splits.y_test[places], predicted[places]
    found = {"images": shown.name(images, labels), "truth": labels.tolist(), "predicted": classes.tolist()}
    try:
        maps = activation_maps(engine.learner, written, images, classes)
    except Exception as error:  # whatever is wrong with a layer's gradient, the figures stand
        return {**found, "no_maps": " ".join(f"{type(error).__name__}: {error}".split())[:300]}
    if maps is None:
        return {
            **found,
            "no_maps": "no feature map with 4 or more rows and columns comes last in this network",
        }
    return {**found, "map_sides": list(maps.shape[1:]), "maps": base64.b64encode(maps.tobytes()).decode()}


def divergence(epoch: int, losses: list[np.ndarray], first: float, most: float | None) -> str:
    """Where the loss left the finite numbers or exceeded `most` times the `first`; empty where it did not."""
    all_losses = np.concatenate(losses)
    wrong = ~np.isfinite(all_losses) | (all_losses > (most or np.inf) * first)
    if not wrong.any():
        return ""
    step = int(wrong.argmax())
    loss = all_losses[step]
    limit = f", over {most:g} times the first, {first:.4g}" if most and np.isfinite(loss) else ""
    return f"loss {loss:.4g} in step {step + 1} of epoch {epoch}{limit}"
