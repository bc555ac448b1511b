"""Compiled networks and the training set on the device: what one process keeps between trials."""

import functools
import gc
import json
import math
from collections import OrderedDict
from dataclasses import asdict

import keras

from ablation.data import Splits, mean_and_deviation
from ablation.engine import Engine, engine_on
from ablation.engine.held import TrainingSet
from ablation.engine.learner import Learner, new_learner
from ablation.engine.parallel import on_devices
from ablation.hardware import accelerators
from ablation.networks.layout import Problem
from ablation.recipe import Recipe
from ablation.train.class_weights import class_weights

MOST_BYTES, MOST_BYTES_ACCELERATED, COLLECTED_BYTES = 100e6, 4e9, 10e6
PROBLEMS = 16


class Engines:
    """The engines of some recipes, and the one training set that they train on.

    As many engines are kept as `MOST_BYTES` hold the variables of, or on an accelerator, which takes longest to
    compile for, `MOST_BYTES_ACCELERATED`. Seeds take turns, so of too many recipes the first ones are wanted again
    first, and the last one makes room. Of the training sets only the last one is held: a data set that no trial needs
    any more is let go. Whoever carries out trials owns one of these; with it goes everything.
    """

    def __init__(self) -> None:
        self._held = TrainingSet()
        self._engines: dict[str, Engine] = {}

    def __len__(self) -> int:
        return len(self._engines)

    def engine(
        self, recipe: Recipe, problem: Problem, splits: Splits, steps: int, seed: int, devices: int = 1
    ) -> Engine:
        """A compiled engine in its initial state for `seed`; seeds of one recipe share a compiled program."""
        self._held.use(splits.x_train, splits.y_train)
        key = json.dumps(
            [recipe.model_dump(mode="json"), asdict(problem), steps, keras.config.backend(), devices],
            sort_keys=True,
        )
        weights = class_weights(recipe.class_weight, splits.y_train, problem.classes)
        with on_devices(devices):
            fresh = new_learner(recipe, problem, steps, seed, weights)
        size = _bytes(fresh)
        if key in self._engines:
            self._engines[key].learner.load(fresh.state())
        else:
            most = MOST_BYTES_ACCELERATED if accelerators() else MOST_BYTES
            while self._engines and size + sum(_bytes(one.learner) for one in self._engines.values()) > most:
                self._engines.popitem()
            self._engines[key] = engine_on(fresh, self._held, devices)
        del fresh
        if size > COLLECTED_BYTES:  # networks refer to themselves, and Python lets go of those late
            gc.collect()
        return self._engines[key]


def _bytes(learner: Learner) -> int:
    """Of a learner's variables."""
    return sum(4 * math.prod(variable.shape) for variable in learner.variables)


def problem_of(splits: Splits) -> Problem:
    """What a network has to know of these data; read off the images once for the data sets seen last.

    A channel that is the same everywhere counts with a deviation of 1: scaled, it is 0.
    """
    known = _known_problems()
    if splits.sha256 not in known:
        statistics = splits.statistics or mean_and_deviation(splits.x_train)
        mean, deviation = (tuple(map(float, figure)) for figure in statistics)
        deviation = tuple(figure or 1.0 for figure in deviation)
        height, width, channels = splits.x_train.shape[1:]
        known[splits.sha256] = Problem((height, width, channels), len(splits.classes), mean, deviation)
        if len(known) > PROBLEMS:
            known.popitem(last=False)
    return known[splits.sha256]


@functools.cache
def _known_problems() -> OrderedDict[str, Problem]:
    return OrderedDict()
