"""Schedule thousands of trials that train nothing, and measure what the driver itself costs.

    python tests/scale.py --trials 10000 [--executor ray] [--csv FILE]

A study of five steps, whose seeds draw their own images. Every trial hands over 50 epochs and a confusion matrix made
up from its seed. Reported are the driver's processor time and the clock's time a trial (on Ray the workers set the
pace), its resident memory after a tenth of the trials and at the end, what writing and reading a trial's file takes,
and how long a second run lasts that finds all trials done.
"""

import argparse
import csv
import functools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import tiny

EPOCHS = 50


def carry_out(
    task: Any, watch: Callable[[Any], None], stop: Callable[[], bool], engines: Any = None
) -> dict[str, Any]:
    """A record as large as a real one, without a training; progress is told as often as a real trial's would be."""
    from ablation.train.loop import Progress

    draw = np.random.default_rng(task.trial.seed)
    figures = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
    epochs = [
        {"epoch": epoch, **dict(zip(figures, draw.random(len(figures)).tolist(), strict=True))}
        for epoch in range(1, EPOCHS + 1)
    ]
    watch(Progress(EPOCHS, EPOCHS, 1.0, 100.0, epochs[-1]))
    judged = (
        "train_accuracy",
        "running_train_accuracy",
        "val_accuracy",
        "best_val_accuracy",
        "test_accuracy",
    )
    others = (
        "gap",
        "train_loss",
        "val_loss",
        "test_loss",
        "train_seconds",
        "images_per_second",
        "peak_memory_mb",
    )
    return {
        "config_hash": task.trial.config_hash,
        "seed": task.trial.seed,
        "status": "done",
        "error": None,
        "epochs_run": EPOCHS,
        "best_epoch": EPOCHS,
        **{name: draw.random() for name in (*judged, *others)},
        "parameters": 100,
        "flops_per_image": 1000,
        "epochs": epochs,
        "confusion": draw.integers(0, 100, (10, 10)),
    }


class Meter(tiny.Quiet):
    """A display that measures instead."""

    def __init__(self) -> None:
        super().__init__()
        self.memory_at_start = 0.0

    def finish(self, title: str, seed: int, record: dict[str, Any]) -> None:
        super().finish(title, seed, record)
        if len(self.finished) == max(1, self.total // 10):
            self.memory_at_start = memory_mb()


def memory_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def executor(name: str) -> Callable[..., None]:
    """An executor whose trials train nothing."""
    if name == "ray":
        from ablation.runner.executors import ray

        return functools.partial(ray.execute, carry_out=carry_out)
    from ablation.runner.executors.local import execute

    def fake(*arguments: Any) -> None:
        with mock.patch("ablation.runner.executors.local.carry_out", carry_out):
            execute(*arguments)

    return fake


def measure(folder: Path, trials: int, name: str) -> dict[str, float]:
    """Run `trials` made-up trials in one folder, then run again on the finished folder."""
    ladder = [{"step": name, "tricks": [name]} for name in ("noise", "batch_norm", "dropout", "flip")]
    file = tiny.write_study(folder / "tiny.yaml", ladder=[{"step": "baseline"}, *ladder])
    steps = len(ladder) + 1
    out, seeds = folder / "out", tuple(range(trials // steps))
    tiny.run_study(file, folder / "warm", seeds=(0,), steps=("baseline",))
    with mock.patch("ablation.runner.run._executor", lambda *_: executor(name)):
        meter, began, processor = Meter(), time.monotonic(), time.process_time()
        outcome = tiny.run_study(file, out, meter, seeds=seeds)
        wall, used, memory = time.monotonic() - began, time.process_time() - processor, memory_mb()
        assert (outcome.trained, outcome.bad) == (len(seeds) * steps, 0)
        began = time.monotonic()
        assert tiny.run_study(file, out, seeds=seeds).kept == outcome.trained
        again = time.monotonic() - began
    from ablation.results.folder import RunFolder

    began = time.monotonic()
    records = RunFolder(out).read_trials()
    reading = time.monotonic() - began
    record = records[next(iter(records))]
    began = time.monotonic()
    for _ in range(100):
        RunFolder(out).save_trial(record)
    saving = (time.monotonic() - began) / 100
    return {
        "trials": outcome.trained,
        "driver_ms_per_trial": 1000 * used / outcome.trained,
        "wall_ms_per_trial": 1000 * wall / outcome.trained,
        "memory_mb_after_a_tenth": meter.memory_at_start,
        "memory_mb_at_the_end": memory,
        "save_ms_per_trial": 1000 * saving,
        "read_ms_per_trial": 1000 * reading / outcome.trained,
        "second_run_seconds": again,
        "folder_mb": sum(one.stat().st_size for one in out.rglob("*") if one.is_file()) / 1e6,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--executor", choices=("local", "ray"), default="local")
    parser.add_argument("--csv", type=Path, help="add the figures to this table")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), given.trials, given.executor)
    row = {"executor": given.executor, **{name: round(value, 3) for name, value in found.items()}}
    for name, value in row.items():
        print(f"{name:26} {value}")
    if given.csv is not None:
        new = not given.csv.exists()
        with given.csv.open("a", newline="", encoding="utf-8") as stream:
            table = csv.DictWriter(stream, row, lineterminator="\n")
            if new:
                table.writeheader()
            table.writerow(row)
    return 0 if found["driver_ms_per_trial"] < 20 else 1


if __name__ == "__main__":
    sys.exit(main())
