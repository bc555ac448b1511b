"""Whether what a recipe names can be made at all, found out before the first training."""

import functools
from collections.abc import Callable, Sequence

import keras
import numpy as np

from ablation.errors import UserError
from ablation.networks.backbones import APPLICATIONS
from ablation.networks.build import make_optimizer
from ablation.networks.layout import Node
from ablation.networks.make import make
from ablation.recipe import Recipe

STEPS, IMAGES = 10, 2


def check_buildable(where: str, recipe: Recipe, nodes: Sequence[Node]) -> None:
    """Make every layer, the optimiser with its schedule, and the mixer once, and trace a call of the mixer.

    Args:
        where: what an error names as the place.
        recipe: any.
        nodes: of its network.

    Raises:
        UserError: one of them cannot be made; the key is named, and what Keras says.
    """
    for node in nodes:
        if not node.layer.path.startswith(APPLICATIONS):
            _tried(
                f"{where}network: {node.name}: {node.layer.path}",
                functools.partial(make, node.layer, 0, "try"),
            )
    _tried(
        f"{where}training.optimizer: {recipe.optimizer.path}",
        lambda: _optimizer(recipe.replace(schedule=None)),
    )
    if recipe.schedule is not None:
        _tried(f"{where}training.schedule: {recipe.schedule.path}", lambda: _optimizer(recipe))
    if recipe.class_weight is not None:
        _check_classes(f"{where}training.class_weight", recipe.class_weight, nodes[-1].shape[-1])
    if recipe.mix is not None:
        _tried(f"{where}training.mix: {recipe.mix.path}", lambda: _mix(recipe))


def _check_classes(where: str, weights: str | tuple[float, ...] | dict[int, float], classes: int) -> None:
    if isinstance(weights, tuple) and len(weights) != classes:
        raise UserError(f"{where}: expected {classes} numbers, one a class, found {len(weights)}")
    if isinstance(weights, dict) and max(weights) >= classes:
        raise UserError(f"{where}: expected classes 0 to {classes - 1}, found {max(weights)}")


def _optimizer(recipe: Recipe) -> None:
    optimizer = make_optimizer(recipe, STEPS, 0)
    rate = float(np.asarray(optimizer.learning_rate))
    if not np.isfinite(rate):
        raise ValueError(f"its first rate is {rate}")


def _mix(recipe: Recipe) -> None:
    assert recipe.mix is not None
    batch = keras.KerasTensor((IMAGES, 8, 8, 3)), keras.KerasTensor((IMAGES, IMAGES))
    layer = make(recipe.mix, 0, "try")
    try:
        layer(batch)
        # a layer that tells its own shapes is not called by the line before
        shapes = [tuple(one.shape) for one in keras.Operation.compute_output_spec(layer, batch)]
    except Exception:  # a layer raises nearly anything on an input that it does not take
        shapes = []
    if shapes != [one.shape for one in batch]:
        raise ValueError(
            "expected a layer that takes and gives (images, targets), like ablation.layers.mixup.Mixup"
        )


def _tried(where: str, attempt: Callable[[], object]) -> None:
    try:
        attempt()
    except UserError:
        raise
    except Exception as error:  # Keras raises nearly anything on options that it cannot take
        said = " ".join(str(error).split())[:200]
        raise UserError(f"{where}: cannot be made so ({said})") from error
