"""The ladder's networks as the lecture's own script writes them: stock Keras layers, float32, plain `fit` on arrays."""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from ablation.bench.process import random_images, unwritten
from ablation.networks.layout import Problem
from ablation.recipe import Recipe

AUGMENTATION = ("RandomGaussianNoise", "RandomFlip", "RandomCropResize", "RandomAffine")
WRITTEN = (
    "widths", "convs_per_block", "kernel_size", "augment", "block_end", "norm", "activation", "initializer", "l1",
    "l2", "shortcut", "head", "learning_rate", "batch_size", "precision",
)  # fmt: skip


def start(recipe: Recipe, problem: Problem) -> Callable[[int], None]:
    """A function that trains the rung's network for a number of steps.

    Raises:
        NotImplementedError: the recipe goes beyond the ladder of lectures B and C.
    """
    model = _model(recipe, problem)
    model.compile(
        keras.optimizers.Adam(recipe.learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )

    @functools.cache
    def standardised(steps: int) -> tuple[np.ndarray, np.ndarray]:
        images, labels = random_images(problem, steps * recipe.batch_size)
        return (images.astype(np.float32) - images.mean()) / images.std(), labels

    def train(steps: int) -> None:
        images, labels = standardised(steps)
        model.fit(images, labels, batch_size=recipe.batch_size, epochs=1, verbose=0)

    return train


def _model(recipe: Recipe, problem: Problem) -> keras.Model:
    layers: Any = keras.layers
    kinds = {layer.kind: layer.options for layer in recipe.augment}
    drops = {layer.kind: layer.options for layer in recipe.block_end}
    for field in unwritten(recipe, WRITTEN):
        raise NotImplementedError(f"the lecture's script has no {field}")
    for kind in (set(kinds) - set(AUGMENTATION)) | (set(drops) - {"Dropout"}):
        raise NotImplementedError(f"the lecture's script has no {kind}")
    if recipe.norm is not None and recipe.norm.kind != "BatchNormalization":
        raise NotImplementedError(f"the lecture's script has no {recipe.norm.kind}")

    initializer = getattr(keras.initializers, recipe.initializer.kind)

    def kernel() -> dict[str, Any]:
        penalty = keras.regularizers.L1L2(recipe.l1, recipe.l2) if recipe.l1 or recipe.l2 else None
        return {
            "kernel_initializer": initializer(**recipe.initializer.options),
            "kernel_regularizer": penalty,
        }

    x = image = keras.Input(problem.image_shape)
    if "RandomGaussianNoise" in kinds:
        x = layers.GaussianNoise(kinds["RandomGaussianNoise"]["stddev"])(x)
    if "RandomFlip" in kinds or kinds.get("RandomCropResize", {}).get("flip"):
        x = layers.RandomFlip("horizontal")(x)
    if "RandomCropResize" in kinds:
        height, width = problem.image_shape[:2]
        x = layers.RandomCrop(height * 7 // 8, width * 7 // 8)(x)
        x = layers.Resizing(height, width)(x)
    if "RandomAffine" in kinds:
        if set(kinds["RandomAffine"]) != {"rotate"}:
            raise NotImplementedError("the lecture's script only rotates")
        x = layers.RandomRotation(kinds["RandomAffine"]["rotate"] / 360)(x)
    for width, convs in zip(recipe.widths, recipe.block_convs(), strict=True):
        start = x
        for _ in range(convs):
            x = layers.Conv2D(width, recipe.kernel_size, padding="same", **kernel())(x)
            if recipe.norm is not None:
                x = layers.BatchNormalization()(x)
            x = layers.Activation(recipe.activation)(x)
        x = layers.MaxPooling2D()(x)
        if recipe.shortcut == "conv":
            side = layers.Conv2D(width, 3, 2, padding="same", activation=recipe.activation, **kernel())(start)
            x = layers.Add()([x, side])
        if "Dropout" in drops:
            x = layers.Dropout(drops["Dropout"]["rate"])(x)
    x = layers.Flatten()(x)
    for units in recipe.head:
        x = layers.Dense(units, activation=recipe.activation, **kernel())(x)
    return keras.Model(image, layers.Dense(problem.classes, activation="softmax", **kernel())(x))
