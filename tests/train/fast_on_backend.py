"""Trains the fast recipe on the backend of KERAS_BACKEND; writes what came out to the .npz file named."""

import sys

import numpy as np

from ablation import tricks
from ablation.data import load
from ablation.engine import new_engine, predict
from ablation.engine.learner import new_learner
from ablation.networks import families
from ablation.recipe import Layer, Recipe
from ablation.train.engines import problem_of
from ablation.train.whitening import whiten

LADDER = (
    "label_smoothing",
    "triangle",
    "whitening",
    "bias_rate",
    "lookahead",
    "multi_view",
    "alternating_flip",
)


def recipe() -> Recipe:
    """Every trick whose numbers do not depend on a backend's own random generator."""
    network = {"family": "fast", "widths": (4, 6), "options": {"residual": True}}
    chosen = Recipe(
        **families.chosen(network),
        optimizer=Layer.of("ablation.optimizers.Momentum", momentum=0.85, nesterov=True),
        gradient_l2=0.001,
        learning_rate=0.02,
        batch_size=16,
        epochs=2.5,
        precision="float32",
    )
    for name in LADDER:
        chosen = tricks.apply(name, chosen, {})
    return chosen.replace(whitening=chosen.whitening.replace(bias_epochs=1))


def figures() -> dict[str, np.ndarray]:
    """Losses of ten steps, logits before and after them, and every weight, from weights that NumPy draws."""
    splits, chosen, draw = load("shapes", train=64, val=32, test=32), recipe(), np.random.default_rng(0)
    learner = new_learner(chosen, problem_of(splits), 4, seed=0)
    for weight in learner.trainable:
        weight.assign(draw.normal(scale=0.2, size=weight.shape))
    whiten(learner, splits.x_train, chosen.whitening)
    learner.slow.start()
    engine = new_engine(learner, splits.x_train, splits.y_train)
    first = predict(engine, splits.x_test, chosen.predict)
    losses, hits = engine.train(draw.integers(0, 128, (10, 16)).astype("int32"))
    learner.finish()
    last = predict(engine, splits.x_test, chosen.predict)
    weights = {variable.path: np.array(variable) for variable in learner.slow.fast}
    return {"first": first, "losses": losses, "hits": np.array(hits), "last": last} | weights


if __name__ == "__main__":
    np.savez(sys.argv[1], **figures())
