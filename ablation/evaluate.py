"""Trained models on other test images: robustness, ablated with the statistics of the run itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops
from pydantic import ValidationError

import ablation.layers  # noqa: F401 - the models' own layers
from ablation.analysis.evaluations import evaluations
from ablation.data.held_out import HeldOut, held_out, with_wrong_labels
from ablation.engine import predict
from ablation.errors import UserError
from ablation.explain import explain
from ablation.files import write_atomically
from ablation.measures import measured
from ablation.networks.build import build, with_noise
from ablation.networks.layout import blank_problem
from ablation.observers.models import JUDGED
from ablation.recipe import Recipe
from ablation.results import evaluations as table
from ablation.results.read import Results, load
from ablation.streams import repeated
from ablation.train.judge import scored

SUMMARY = "evaluations_summary.csv"


class SavedNetwork:
    """A saved model as `ablation.engine.predict` takes it.

    Args:
        model: as it was judged.
        recipe: of its training; where it predicts with noise, that is drawn as it was then.
        seed: of its trial.
    """

    one_size = None

    def __init__(self, model: keras.Model, recipe: Recipe, seed: int) -> None:
        self.model = self.noisy = model
        if recipe.predict.noise:
            self.noisy = with_noise(model, recipe.predict.noise)
            blank = blank_problem(model.input_shape[1:], model.output_shape[-1])
            fresh = build(recipe, blank, repeated(seed, recipe.stream))
            for stream, first in zip(_streams(model), _streams(fresh), strict=True):
                stream.assign(first)
        self.untrained = model.non_trainable_variables
        self.learner = self

    def predict_batch(self, images: np.ndarray, noisy: bool = False) -> np.ndarray:
        """Logits, float32 (batch, classes), of uint8 images."""
        pixels = ops.cast(images, "float32")
        # Not by `predict_on_batch`, which compiles: other random numbers.
        return ops.convert_to_numpy(self.noisy(pixels) if noisy else self.model(pixels, training=False))


def evaluate(
    folder: Path,
    datasets: Iterable[str],
    data_dir: Path | None = None,
    label_noise: float = 0.0,
    say: Callable[[str], None] = lambda text: None,
) -> pd.DataFrame:
    """Judge the models that a run saved on other test images, each as its recipe says that it predicts.

    Writes `evaluations.csv`, a row a trial and data set, and `evaluations_summary.csv`, into the results folder.

    Args:
        folder: of a run with `--save-models`.
        datasets: what `held_out` takes.
        data_dir: as for `ablation.data.load`.
        label_noise: share of the labels that are replaced by wrong ones, 0-1.
        say: told of every data set.

    Returns:
        `ablation.analysis.evaluations`.

    Raises:
        UserError: no model was saved, one cannot be read, or the test images are none for these models.
    """
    results = load(folder)
    files = dict(_files(results))
    if not files:
        raise UserError(f"{folder}: expected models, found none; train with --save-models")
    try:
        recipes = {
            (step["design"], step["step"]): Recipe(**step.get("recipe", {}))
            for step in results.manifest["steps"]
        }
    except ValidationError as error:
        raise UserError(f"{folder}/manifest.json: recipe: {explain(error, '', Recipe)}") from error
    classes = results.manifest["dataset"]["classes"]
    if not 0 <= label_noise <= 1:
        raise UserError(f"label_noise: expected a share from 0 to 1, found {label_noise}")
    shape = _load(next(iter(files.values()))[0], len(classes)).input_shape[1:]
    sets: list[HeldOut] = []
    for text in datasets:
        sets += held_out(text, classes, shape, data_dir)
    if label_noise:
        sets = [with_wrong_labels(one, label_noise, len(classes)) for one in sets]
    if long := next((one.name for one in sets if len(one.name) > table.LONGEST_NAME), None):
        raise UserError(
            f"--dataset: expected a name of {table.LONGEST_NAME} characters at most, found {long[:60]}..."
        )
    rows: list[dict[str, Any]] = []
    for file, trials in files.values():
        place = trials[0]
        recipe = recipes[place["design"], place["step"]]
        network = SavedNetwork(_load(file, len(classes)), recipe, place["seed"])
        if network.model.input_shape[1:] != shape:
            raise UserError(
                f"{file}: expected a model of images {shape}, found {network.model.input_shape[1:]}"
            )
        for one in sets:
            logits = predict(network, one.x, recipe.predict)  # type: ignore[arg-type]
            loss, accuracy, _ = scored(logits, one.y)
            measures = {f"measure_{name}": value for name, value in measured(logits, one.y).items()}
            rows += [
                {
                    **{key: trial[key] for key in ("design", "step", "seed", "config_hash")},
                    "dataset": one.name,
                    "images": len(one.y),
                    "sha256": one.sha256,
                    "test_accuracy": accuracy,
                    "test_loss": loss,
                    **measures,
                }
                for trial in trials
            ]
        say(f"{place['step']}, seed {place['seed']}: {len(sets)} set(s) of test images")
    table.write(results.folder, rows)
    found = evaluations(results)
    write_atomically(folder / SUMMARY, found.to_csv(index=False, float_format="%.12g"))
    return found


def _files(results: Results) -> Iterator[tuple[str, tuple[Path, list[Mapping[str, Any]]]]]:
    """The saved model of each configuration, and the trials that it is of."""
    by_hash: dict[str, list[Mapping[str, Any]]] = {}
    for trial in results.manifest["trials"]:
        by_hash.setdefault(trial["config_hash"], []).append(trial)
    for key, trials in by_hash.items():
        for one in trials:
            place = Path(one["design"]) / one["step"] / f"seed{one['seed']}" / f"{JUDGED}.keras"
            file = results.folder.path / "models" / place
            if file.is_file():
                yield key, (file, trials)
                break


def _streams(model: keras.Model) -> list[Any]:
    """The states of its random streams, which no file holds."""
    return [one for one in model.non_trainable_variables if one.name == "seed_generator_state"]


def _load(file: Path, classes: int) -> keras.Model:
    try:
        model = keras.saving.load_model(file, compile=False, safe_mode=True)
        inputs, outputs = model.input_shape, model.output_shape
    except Exception as error:  # a damaged archive raises nearly anything
        raise UserError(f"{file}: not a readable model ({' '.join(str(error).split())[:200]})") from error
    if not isinstance(inputs, tuple) or len(inputs) != 4 or outputs != (None, classes):
        raise UserError(
            f"{file}: expected a model that gives images a logit for each of {classes} classes, found"
            f" {inputs} to {outputs}"
        )
    return model
