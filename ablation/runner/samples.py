"""Small pictures for the report: what augmentation does to the training images, and some test images."""

import hashlib
import json
from typing import Any

import numpy as np

from ablation.data import Splits, shown
from ablation.data.png import png
from ablation.files import write_atomically
from ablation.networks.graph import SCALING
from ablation.networks.layout import Problem, graph
from ablation.networks.make import make
from ablation.recipe import Recipe
from ablation.results.folder import RunFolder
from ablation.runner.display import Watching
from ablation.runner.work import Work
from ablation.streams import stream_seed
from ablation.train.engines import problem_of

ROWS, COLUMNS, GAP = 4, 8, 2
FIELDS = ("pixel_augment", "augment", "mix")


def picture_name(recipe: Recipe, base: Recipe | None, dataset: str) -> str | None:
    """A file name that depends on the data and on what the recipe does to an image before the network sees it.

    Returns:
        None where that is the same as in `base`, or there is no base.
    """
    fields, before = (
        {field: getattr(one, field) for field in FIELDS} if one else None for one in (recipe, base)
    )
    if before is None or fields == before:
        return None
    text = json.dumps([recipe.model_dump(mode="json", include=set(FIELDS)), dataset], sort_keys=True)
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.png"


def augmented(recipe: Recipe, problem: Problem, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Images as the network gets them in training, made visible again: scaling undone, clipped.

    Args:
        recipe: whose augmentation.
        problem: of the data.
        images: uint8 (n, height, width, channels).
        labels: int (n,).

    Returns:
        uint8 (n, height, width, channels), of the sides that the augmentation leaves.
    """
    from keras import ops

    x = ops.cast(images, "float32")
    scale, offset = np.ones(1), np.zeros(1)
    for node in graph(recipe, problem).front:
        layer = make(node.layer, 0, node.name)
        x = layer(x) if node.name == SCALING else layer(x, training=True)
        if node.name == SCALING:
            scale, offset = (per_channel(node.layer.options.get(key, 0.0)) for key in ("scale", "offset"))
    if recipe.mix is not None:
        x, _ = make(recipe.mix, stream_seed(0, "sample"), "mix")(
            (x, ops.one_hot(labels, problem.classes, dtype="float32")), training=True
        )
    return np.clip(np.rint((ops.convert_to_numpy(x) - offset) / scale), 0, 255).astype(np.uint8)


def per_channel(value: Any) -> np.ndarray:
    """A figure of the scaling layer, which holds it once for every place of a row."""
    figure = np.asarray(value)
    return figure[0] if figure.ndim > 1 else figure


def picture(recipe: Recipe, problem: Problem, splits: Splits) -> bytes:
    """A PNG: the first training images on top, below them the same ones as they might be seen in three epochs."""
    images, labels = splits.x_train[:COLUMNS], splits.y_train[:COLUMNS]
    times = ROWS - 1
    seen = augmented(recipe, problem, np.tile(images, (times, 1, 1, 1)), np.tile(labels, times))
    images = _stretched(images, *seen.shape[1:3])
    grid = np.concatenate([images, seen]).reshape(ROWS, len(images), *images.shape[1:])
    padded = np.pad(grid, ((0, 0), (0, 0), (0, GAP), (0, GAP), (0, 0)), constant_values=255)
    rows, columns, height, width, channels = padded.shape
    pixels = padded.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, channels)
    return png(pixels)


def _stretched(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """Images brought to other sides, each pixel the nearest one's."""
    rows = np.arange(height) * images.shape[1] // height
    columns = np.arange(width) * images.shape[2] // width
    return images[:, rows][:, :, columns]


def keep(work: Work, told: dict[str, Any], folder: RunFolder, display: Watching) -> None:
    """Write a picture of augmented images for each step that changes them, and one of the test images that are
    shown."""
    pictures = {(step["design"], step["step"]): step["samples"] for step in told["steps"]}
    for step in work.steps:
        name = pictures[step.design, step.step]
        if name is None or (file := folder.samples_file(name)).exists():
            continue
        images = work.images(step)
        try:
            content = picture(step.setting.recipe, problem_of(images), images)
        except Exception as error:  # whatever is wrong with the layers, the trial will tell
            display.note(f"{step.title}: no sample images ({type(error).__name__}: {error})")
        else:
            write_atomically(file, content)
    for splits in {id(one): one for one in map(work.images, work.steps)}.values():
        if not len(splits.x_test):
            continue
        places = shown.places(splits.x_test)
        images = splits.x_test[places]
        file = folder.samples_file(shown.name(images, splits.y_test[places]))
        if not file.exists():
            write_atomically(file, shown.picture(images))
