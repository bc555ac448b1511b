"""Train the tiny study on one device, on two, and on two with interruptions: `python two_devices.py FOLDER`.

The devices are two halves of this machine's CPU. The backend is KERAS_BACKEND's.
"""

import os
import sys
from pathlib import Path

import numpy as np
import tiny

LADDER = [
    {"step": "exact", "tricks": ["l2", "ema", "weight_decay", {"clip_norm": {"norm": 0.5}}]},
    {
        "step": "batches",
        "tricks": ["noise", "batch_norm", "dropout", "mixup"],
        "training": {"precision": "float32"},
    },
]

FLOAT16 = {
    "step": "float16",
    "tricks": ["class_weight", {"clip_value": {"value": 0.01}}],
    "training": {"precision": "mixed_float16"},
}  # JAX splits up one device's step, so that nothing of it is other there


def two_cpus() -> None:
    """Must come before anything is computed."""
    os.environ["XLA_FLAGS"] += " --xla_force_host_platform_device_count=2"
    if os.environ.get("KERAS_BACKEND") != "jax":
        import tensorflow as tf

        halves = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], halves)


def main(folder: Path) -> None:
    two_cpus()
    from ablation.runner.executors import local

    engines = local.Engines()  # compiled once
    local.Engines = lambda: engines
    training = tiny.STUDY["training"] | {"precision": "float32"}
    split = os.environ.get("KERAS_BACKEND") == "jax"
    ladder = LADDER if split else [LADDER[0], FLOAT16, LADDER[1]]
    file = tiny.write_study(folder / "tiny.yaml", ladder=ladder, training=training)
    tiny.run_study(file, folder / "one")
    tiny.run_study(file, folder / "two", strategy="data-parallel")
    if not split:
        np.savez(folder / "overflow.npz", **overflow())
    for _ in range(2):
        tiny.run_study(file, folder / "again", Interrupting(), strategy="data-parallel", steps=("batches",))


def overflow() -> dict[str, np.ndarray]:
    """Weights before and after a step whose gradients overflow, its loss, the scale and the number of steps taken."""
    from ablation import tricks
    from ablation.data import load
    from ablation.engine import engine_on
    from ablation.engine.held import TrainingSet
    from ablation.engine.learner import new_learner
    from ablation.engine.parallel import on_devices
    from ablation.train.engines import problem_of

    splits, held = load("shapes", train=64, val=32, test=32), TrainingSet()
    held.use(splits.x_train, splits.y_train)
    recipe = tricks.apply("clip_value", tiny.recipe(precision="mixed_float16"), {"value": 0.01})
    with on_devices(2):
        learner = new_learner(recipe, problem_of(splits), 4, seed=0)
    optimizer = learner.optimizer
    optimizer.dynamic_scale.assign(2.0**60)
    before = np.concatenate([np.ravel(weight) for weight in learner.trainable])
    loss, _ = engine_on(learner, held, 2).train(np.arange(16, dtype="int32")[None])
    after = np.concatenate([np.ravel(weight) for weight in learner.trainable])
    told = {"scale": optimizer.dynamic_scale, "steps": optimizer.iterations}
    return {"before": before, "after": after, "loss": loss} | {k: np.array(v) for k, v in told.items()}


class Interrupting(tiny.Quiet):
    """Ctrl-C in the first epoch."""

    def progress(self, title, seed, progress) -> None:
        if progress.epoch == 1 and progress.row is None:
            os.kill(os.getpid(), 2)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
