"""The loss around a trained network (lecture D17): a plane through it, and its largest curvature."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from keras import ops
from matplotlib.figure import Figure

from ablation import own_code
from ablation.data import Splits
from ablation.engine.gradients import gradients
from ablation.engine.learner import Learner
from ablation.errors import UserError
from ablation.files import check_own_folder, write_atomically
from ablation.hardware import use_threads
from ablation.observers import Moment
from ablation.streams import generator
from ablation.study.planned import PlannedStep
from ablation.study.setting import Setting
from ablation.study.trial import Trial
from ablation.train.loop import train

IMAGES = 256
STEP = 1e-2
PLACES = tuple(i / 5 for i in range(-5, 6))
HIGHEST_DRAWN = 10.0
SUFFIXES = (".csv", ".png")


def largest_curvature(
    learner: Learner, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator, rounds: int = 20
) -> float:
    """The Hessian's eigenvalue of largest size, by power iteration on differences of gradients.

    Args:
        learner: left as it is; its loss is that of training, penalties included, with one draw of its noise.
        images: uint8 (n, height, width, channels).
        labels: int32 (n,).
        rng: of the first direction.
        rounds: of the iteration.
    """
    direction = [rng.normal(size=weight.shape) for weight in learner.trainable]
    value = 0.0
    for _ in range(rounds):
        length = _norm(direction)
        direction = [one / length for one in direction]
        ahead, behind = (
            _gradient_at(learner, images, labels, [sign * STEP * one for one in direction])
            for sign in (1, -1)
        )
        bent = [(a - b) / (2 * STEP) for a, b in zip(ahead, behind, strict=True)]
        value = float(sum((one * other).sum() for one, other in zip(direction, bent, strict=True)))
        if not _norm(bent):
            return 0.0
        direction = bent
    return value


def plane(
    learner: Learner,
    images: np.ndarray,
    labels: np.ndarray,
    rng: np.random.Generator,
    places: Sequence[float],
) -> np.ndarray:
    """Mean cross-entropy in inference mode on a plane through the weights, shape (places, places).

    Both directions are random and filter-normalised: each filter's part is as long as the filter; biases and
    normalisations stay (Li et al. 2018, "Visualizing the loss landscape of neural nets").

    Args:
        learner: left as it is; it stands at place 0 of both directions.
        images: uint8 (n, height, width, channels).
        labels: int32 (n,).
        rng: of the directions.
        places: in lengths of the filters.
    """
    across, along = ([_like_filters(weight, rng) for weight in learner.trainable] for _ in range(2))
    losses = np.empty((len(places), len(places)))
    for i, a in enumerate(places):
        for j, b in enumerate(places):
            with _moved(learner, [a * one + b * other for one, other in zip(across, along, strict=True)]):
                logits = learner.model(ops.cast(images, "float32"), training=False)
                loss = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
                losses[i, j] = float(ops.convert_to_numpy(ops.mean(loss)))
    return losses


def check_place(folder: Path) -> None:
    """Refuse to draw between files that are none of `survey`'s, which come in pairs.

    Raises:
        UserError: other files lie in the folder.
    """
    check_own_folder(
        folder,
        lambda name: (
            name.endswith(SUFFIXES)
            and all((folder / name).with_suffix(suffix).is_file() for suffix in SUFFIXES)
        ),
    )


def survey(step: PlannedStep, splits: Splits, folder: Path) -> str:
    """Train a step's network and look around it on up to 256 training images; what was found, in words.

    Writes `<step>.csv`, the plane's losses, and `<step>.png`, its contours, into the folder.

    Raises:
        UserError: the folder cannot be written, the step cannot be built on such images, or it starts from other
            weights than random ones.
    """
    recipe = step.setting.recipe.replace(precision="float32")
    if recipe.pretrained is not None or recipe.warm_up is not None or recipe.backbone is not None:
        raise UserError(
            f"surface: {step.step} does not start from random weights; choose others with --steps"
        )
    use_threads()
    trial = Trial(
        Setting(recipe, step.setting.sizes),
        0,
        splits.name,
        splits.sha256,
        step.protocol,
        "",
        code=own_code.digest(),
    )
    moments: list[Moment] = []
    try:
        train(trial, splits, observe=moments.append)
    except ValueError as error:
        raise UserError(f"step '{step.step}': {error}") from error
    if not moments:
        return "diverged in the first epoch"
    learner = moments[-1].learner
    x, y = splits.x_train[:IMAGES], splits.y_train[:IMAGES]
    curvature = largest_curvature(learner, x, y, generator(0, "curvature"))
    losses = plane(learner, x, y, generator(0, "plane"), PLACES)
    table = pd.DataFrame(losses, index=pd.Index(PLACES, name="across"), columns=list(PLACES))
    write_atomically(folder / f"{step.step}.csv", table.to_csv())
    write_atomically(folder / f"{step.step}.png", _contours(losses, step.title))
    middle = losses[len(PLACES) // 2, len(PLACES) // 2]
    return f"largest curvature {curvature:.4g}, loss {middle:.3f}, at most {losses.max():.3f} on the plane"


def _contours(losses: np.ndarray, title: str) -> bytes:
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    lines = axes.contour(PLACES, PLACES, np.minimum(losses, HIGHEST_DRAWN).T, levels=20)
    axes.clabel(lines, fontsize=6)
    axes.set(title=title, xlabel="across", ylabel="along")
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    return content.getvalue()


def _like_filters(weight: object, rng: np.random.Generator) -> np.ndarray:
    value = ops.convert_to_numpy(weight.value)  # type: ignore[attr-defined]
    if value.ndim < 2:
        return np.zeros_like(value)
    drawn, axes = rng.normal(size=value.shape), tuple(range(value.ndim - 1))
    lengths = [np.sqrt((one**2).sum(axis=axes)) for one in (value, drawn)]
    return drawn * lengths[0] / lengths[1]


def _gradient_at(
    learner: Learner, images: np.ndarray, labels: np.ndarray, offset: list[np.ndarray]
) -> list[np.ndarray]:
    with _moved(learner, offset):
        return [one.astype(np.float64) for one in gradients(learner, images, labels).values()]


@contextmanager
def _moved(learner: Learner, offset: list[np.ndarray]) -> Iterator[None]:
    kept = [np.array(ops.convert_to_numpy(weight.value)) for weight in learner.trainable]
    try:
        for weight, value, step in zip(learner.trainable, kept, offset, strict=True):
            weight.assign(value + step.astype(value.dtype))
        yield
    finally:
        for weight, value in zip(learner.trainable, kept, strict=True):
            weight.assign(value)


def _norm(arrays: list[np.ndarray]) -> float:
    return float(np.sqrt(sum((one**2).sum() for one in arrays)))
