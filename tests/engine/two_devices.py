"""Train the tiny study on one device, on two, and on two with interruptions: `python two_devices.py FOLDER`.

The devices are two halves of this machine's CPU. The backend is KERAS_BACKEND's.
"""

import os
import sys
from pathlib import Path

import tiny

LADDER = [
    {"step": "exact", "tricks": ["l2", "ema", "weight_decay", {"clip_norm": {"norm": 0.5}}]},
    {"step": "batches", "tricks": ["noise", "batch_norm", "dropout", "mixup"]},
]


def two_cpus() -> None:
    """Must come before anything is computed."""
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
    if os.environ.get("KERAS_BACKEND") != "jax":
        import tensorflow as tf

        halves = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], halves)


def main(folder: Path) -> None:
    two_cpus()
    training = tiny.STUDY["training"] | {"precision": "float32"}
    file = tiny.write_study(folder / "tiny.yaml", ladder=LADDER, training=training)
    tiny.run_study(file, folder / "one")
    tiny.run_study(file, folder / "two", strategy="data-parallel")
    for _ in range(2):
        tiny.run_study(file, folder / "again", Interrupting(), strategy="data-parallel", steps=("batches",))


class Interrupting(tiny.Quiet):
    """Ctrl-C in the first epoch."""

    def progress(self, title, seed, progress) -> None:
        if progress.epoch == 1 and progress.row is None:
            os.kill(os.getpid(), 2)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
