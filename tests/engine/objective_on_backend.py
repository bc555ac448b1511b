"""Trains losses by name and float16 on the backend of KERAS_BACKEND; writes what came out to the .npz file named."""

import sys

import numpy as np
import tiny

from ablation.data import load
from ablation.engine import new_engine
from ablation.engine.learner import new_learner
from ablation.train.engines import problem_of

SGD = {"optimizer": {"path": "keras.optimizers.SGD"}, "learning_rate": 0.1}
FIELDS = {
    "focal": {"loss": {"name": "focal", "gamma": 1.5, "alpha": 0.5}, "label_smoothing": 0.1},
    "binary": {"loss": "binary_crossentropy", "label_smoothing": 0.1},
    "float16": {"precision": "mixed_float16", "clip": {"by": "norm", "limit": 0.5}, "ema": 0.5},
}


def figures() -> dict[str, np.ndarray]:
    """Losses and weights of five steps, from weights that NumPy draws; of float16 then one step that overflows."""
    splits, out = load("shapes", train=64, val=32, test=32), {}
    for name, fields in FIELDS.items():
        draw = np.random.default_rng(0)
        learner = new_learner(tiny.recipe(**SGD | fields), problem_of(splits), 4, 0, np.arange(10.0))
        if name == "float16":
            learner.optimizer.dynamic_scale.assign(2.0**8)
        for weight in learner.trainable:
            weight.assign(draw.normal(scale=0.2, size=weight.shape))
        engine = new_engine(learner, splits.x_train, splits.y_train)
        out[f"{name}/losses"], _ = engine.train(draw.integers(0, 64, (5, 16)).astype("int32"))
        if name == "float16":
            learner.optimizer.dynamic_scale.assign(2.0**60)
            out["float16/overflow"], _ = engine.train(draw.integers(0, 64, (1, 16)).astype("int32"))
            out["float16/scale"] = np.array(learner.optimizer.dynamic_scale)
            out["float16/steps"] = np.array(learner.optimizer.iterations)
            learner.finish()
        out |= {f"{name}/{one.path}": np.array(one) for one in learner.trainable}
    return out


if __name__ == "__main__":
    np.savez(sys.argv[1], **figures())
