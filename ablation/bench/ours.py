"""This project's own training loop."""

from collections.abc import Callable

import numpy as np

from ablation.bench.process import IMAGES, random_images
from ablation.engine import new_engine
from ablation.engine.learner import new_learner
from ablation.networks.layout import Problem
from ablation.recipe import Recipe
from ablation.train.loop import STEPS_PER_CALL


def start(recipe: Recipe, problem: Problem) -> Callable[[int], None]:
    """A function that trains a recipe's network for a number of steps."""
    images, labels = random_images(problem)
    engine = new_engine(new_learner(recipe, problem, 100, seed=0), images, labels)
    draw = np.random.default_rng(0)

    def train(steps: int) -> None:
        batches = draw.integers(0, IMAGES, (steps, recipe.batch_size), np.int32)
        for first in range(0, steps, STEPS_PER_CALL):
            engine.train(batches[first : first + STEPS_PER_CALL])

    return train
