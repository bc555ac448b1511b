"""What all backends share: a network, its optimizer and the training objective, written in `keras.ops`."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Any

import keras
import numpy as np
from keras import ops

from ablation.engine.lookahead import Slow
from ablation.engine.losses import per_image
from ablation.networks.build import build, make_optimizer, make_rate, with_noise
from ablation.networks.layout import Problem, graph
from ablation.networks.make import make
from ablation.recipe import Loss, Recipe
from ablation.schedules import ReduceOnPlateau


@dataclass(frozen=True)
class Learner:
    """A network that can be trained.

    Attributes:
        model: images (batch, height, width, channels) of 0-255 to logits (batch, classes).
        optimizer: built on the model's trainable variables.
        front, body: the model cut after augmentation, where images and labels are mixed.
        noisy: the model with the noise that its recipe keeps on when it predicts.
        mix: layer on (images, targets), or None.
        loss: what is minimised, penalties aside.
        class_weights: float32 (classes,), a variable of the state, or None.
        label_smoothing: alpha of (1 - alpha) * onehot + alpha / classes.
        classes: how many.
        slow: weights that follow the trained ones, or None.
        plateau: what sets the rate at the start of every epoch, or None.
        alternates: whether an index from n on, the number of training images, stands for a mirror image.
    """

    model: keras.Model
    optimizer: keras.optimizers.Optimizer
    front: keras.Model
    body: keras.Model
    noisy: keras.Model
    mix: keras.layers.Layer | None
    loss: Loss
    class_weights: keras.Variable | None
    label_smoothing: float
    classes: int
    slow: Slow | None = None
    plateau: ReduceOnPlateau | None = None
    alternates: bool = False

    @property
    def trainable(self) -> list[Any]:
        return self.model.trainable_variables

    @property
    def untrained(self) -> list[Any]:
        """All state besides trainable weights and optimizer: batch statistics, every random stream, class weights."""
        mixing = [] if self.mix is None else self.mix.variables
        weights = [] if self.class_weights is None else [self.class_weights]
        return [*self.model.non_trainable_variables, *mixing, *weights]

    @property
    def variables(self) -> list[Any]:
        """The complete state of training, in an order that depends on the recipe alone."""
        return [*self.trainable, *self.untrained, *self.optimizer.variables, *self.slow_variables]

    @property
    def slow_variables(self) -> list[Any]:
        return [] if self.slow is None else self.slow.slow

    def state(self) -> list[np.ndarray]:
        """A copy of every variable."""
        return [np.array(ops.convert_to_numpy(variable.value)) for variable in self.variables]

    def load(self, state: list[np.ndarray]) -> None:
        """Take over a state that a learner of the same recipe gave."""
        for variable, value in zip(self.variables, state, strict=True):
            variable.assign(value)

    def finish(self) -> None:
        """Put the averages of the weights, where the recipe has such, in the trained ones' place."""
        self.optimizer.finalize_variable_values(self.trainable)
        if self.slow is not None:
            self.slow.finish()

    def runs(self, steps: int) -> Iterator[tuple[slice, tuple[bool, ...]]]:
        """The next steps in runs in which the same weights are trained, for engines that leave other gradients out.

        A weight whose training has ended still has its gradient computed where all gradients are clipped by their
        common norm, and where a loss is scaled, so that nobody knows before which steps will count.

        Args:
            steps: how many come.

        Yields:
            Which of them, and of each trainable weight whether its gradient is wanted there.
        """
        alone = getattr(self.optimizer, "global_clipnorm", None) is None
        ends = getattr(self.optimizer, "ends", {}) if alone else {}
        done = int(self.optimizer.iterations)
        cuts = {end - done for end in ends.values() if 0 < end - done < steps}
        for first, last in pairwise(sorted({0, steps} | cuts)):
            wanted = (done + first < ends.get(variable.path, inf) for variable in self.trainable)
            yield slice(first, last), tuple(wanted)

    def objective(self, images: Any, labels: Any) -> tuple[Any, Any]:
        """One training batch.

        Args:
            images: uint8 (batch, height, width, channels).
            labels: int32 (batch,).

        Returns:
            The mean loss of the images plus the network's penalties, and the number of images whose largest logit is
            that of their (first) label.
        """
        x = self.front(ops.cast(images, "float32"), training=True)
        targets = ops.one_hot(labels, self.classes, dtype="float32")
        if self.mix is not None:
            x, targets = self.mix((x, targets))
        shares = targets
        if self.label_smoothing:
            targets = (1 - self.label_smoothing) * targets + self.label_smoothing / self.classes
        logits = self.body(x, training=True)
        losses = per_image(self.loss, targets, logits)
        if self.class_weights is not None:
            losses = losses * ops.sum(shares * self.class_weights, axis=-1)
        loss = ops.mean(losses)
        for penalty in self.model.losses:
            loss = loss + ops.cast(penalty, "float32")
        hits = ops.equal(ops.cast(ops.argmax(logits, axis=-1), "int32"), labels)
        return loss, ops.sum(ops.cast(hits, "int32"))


def new_learner(
    recipe: Recipe,
    problem: Problem,
    steps_per_epoch: int,
    seed: int,
    class_weights: np.ndarray | None = None,
) -> Learner:
    """A learner before its first step.

    Args:
        recipe: any.
        problem: shape of the images and number of classes.
        steps_per_epoch: for schedules.
        seed: of weights and noise.
        class_weights: what the recipe's `class_weight` means for its training images, float32 (classes,).

    Raises:
        ValueError: the recipe cannot be built on such images.
    """
    model = build(recipe, problem, seed)
    optimizer = make_optimizer(recipe, steps_per_epoch, seed)
    optimizer.build(model.trainable_variables)
    rate = make_rate(recipe, steps_per_epoch, seed)
    statistics = [one for one in model.non_trainable_variables if "float" in one.dtype]
    fast, steps = [*model.trainable_variables, *statistics], recipe.total_steps(steps_per_epoch)
    cut = model.get_layer(graph(recipe, problem).front[-1].name)
    return Learner(
        model=model,
        optimizer=optimizer,
        front=keras.Model(model.input, cut.output),
        body=keras.Model(cut.output, model.output),
        noisy=with_noise(model, recipe.predict.noise) if recipe.predict.noise else model,
        mix=None if recipe.mix is None else make(recipe.mix, seed, "mix"),
        loss=recipe.loss,
        class_weights=None
        if class_weights is None
        else keras.Variable(class_weights, dtype="float32", trainable=False, name="class_weights"),
        label_smoothing=recipe.label_smoothing,
        classes=problem.classes,
        slow=None if recipe.lookahead is None else Slow(recipe.lookahead, fast, steps),
        plateau=rate if isinstance(rate, ReduceOnPlateau) else None,
        alternates=recipe.alternating_flip,
    )
