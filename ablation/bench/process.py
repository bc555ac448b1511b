"""A contender in a process of its own."""

import functools
import importlib
import multiprocessing
import os
import time
from collections.abc import Callable, Collection
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from ablation.networks.layout import Problem
from ablation.recipe import Recipe

IMAGES = 4096
OF_NO_STEP = ("schedule", "early_stopping", "stop_at_loss", "stop_at_chance", "epochs", "predict", "stream")
"""Fields of a recipe that change no training step: how long it goes on, and how it is judged."""
CEILING_SIDE = 2048
CEILING_IMAGES, CEILING_IMAGE, CEILING_CHANNELS = 256, 16, (64, 128, 256)
CEILING_SECONDS = 0.3


def unwritten(recipe: Recipe, written: Collection[str]) -> list[str]:
    """The fields of a recipe that change a training step and that a contender has not written out."""
    return [field for field in recipe.changes_from(Recipe()) if field not in (*written, *OF_NO_STEP)]


class Skipped(Exception):
    """A contender cannot take part; the text says why."""


class Contender:
    """A process that trains one network at a time, on call.

    Args:
        name: the module of this package that has its `start(recipe, problem)`, which gives a function of the number of
            steps to train.
        problem: shape of the images and number of classes.
        one_thread: compute as a trial does, rather than on all cores.
    """

    def __init__(self, name: str, problem: Problem, one_thread: bool = False) -> None:
        self._pipe, there = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(name, problem, one_thread, there), daemon=True
        )
        self._process.start()
        there.close()

    def prepare(self, recipe: Recipe) -> None:
        """Build a network.

        Raises:
            Skipped: this contender cannot.
        """
        self._ask("prepare", recipe)
        self._batch = recipe.batch_size

    def speed(self, steps: int) -> float:
        """Images a second over that many steps."""
        self.begin(steps)
        return self.finish(steps)

    def begin(self, steps: int) -> None:
        """Start what `finish` waits for."""
        self._pipe.send(("train", steps))

    def finish(self, steps: int) -> float:
        """Images a second over the steps begun."""
        return steps * self._batch / self._answer()

    def ceiling(self, precision: str) -> float:
        """`ceiling` in the process."""
        return self._ask("ceiling", precision)

    def end(self) -> None:
        self._process.kill()
        self._process.join()

    def _ask(self, what: str, argument: Any) -> Any:
        self._pipe.send((what, argument))
        return self._answer()

    def _answer(self) -> Any:
        try:
            kind, content = self._pipe.recv()
        except EOFError as error:
            raise Skipped("its process died") from error
        if kind == "skipped":
            raise Skipped(content)
        return content


def _serve(name: str, problem: Problem, one_thread: bool, pipe: Connection) -> None:
    os.dup2(
        os.open(os.devnull, os.O_WRONLY), 2
    )  # libraries' notes on their build; errors go through the pipe
    if name == "lecture":
        os.environ.pop(
            "TF_ENABLE_ONEDNN_OPTS", None
        )  # ours to set; a plain script takes TensorFlow as it comes
    if one_thread:
        from ablation.hardware import use_threads

        use_threads()
    train: Any = None

    def answer(what: str, argument: Any) -> Any:
        nonlocal train
        if what == "prepare":
            train = importlib.import_module(f"ablation.bench.{name}").start(argument, problem)
            train(2)
        elif what == "ceiling":
            return ceiling(argument)
        else:
            began = time.perf_counter()
            train(argument)
            return time.perf_counter() - began

    while True:
        try:
            what, argument = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(("done", answer(what, argument)))
        except (ImportError, NotImplementedError, ValueError) as error:
            pipe.send(("skipped", str(error)))


def ceiling(precision: str) -> float:
    """FLOP/s that this process reaches at most, with as many cores as it may take.

    The higher of those of a product of large square matrices and of 3x3 convolutions of many channels by the active
    Keras backend, whichever libraries do better at; each the best of some.
    """
    from keras import ops, random

    def numbers(*shape: int) -> Any:
        return ops.cast(random.normal(shape, seed=0), precision.removeprefix("mixed_"))

    matrix = numbers(CEILING_SIDE, CEILING_SIDE)
    found = [_flops(lambda: ops.matmul(matrix, matrix), 2 * CEILING_SIDE**3)]
    for channels in CEILING_CHANNELS:
        images = numbers(CEILING_IMAGES, CEILING_IMAGE, CEILING_IMAGE, channels)
        kernel = numbers(3, 3, channels, channels)
        convolve = functools.partial(ops.conv, images, kernel, padding="same", data_format="channels_last")
        found.append(_flops(convolve, 2 * CEILING_IMAGES * CEILING_IMAGE**2 * 9 * channels**2))
    return max(found)


def _flops(compute: Callable[[], Any], flops: int) -> float:
    """FLOP/s of a computation of so many operations, the best of some."""
    from keras import ops

    best, began = 0.0, time.perf_counter()
    while time.perf_counter() - began < CEILING_SECONDS:
        start = time.perf_counter()
        float(ops.cast(ops.ravel(compute())[0], "float32"))
        best = max(best, flops / (time.perf_counter() - start))
    return best


def random_images(problem: Problem, count: int = IMAGES) -> tuple[np.ndarray, np.ndarray]:
    """Images, uint8 (count, height, width, channels), and labels, int32 (count,), of no meaning."""
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (count, *problem.image_shape), np.uint8)
    return images, draw.integers(0, problem.classes, count).astype(np.int32)
