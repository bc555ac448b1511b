"""The smallest study that is still one, and what the tests do with it."""

import contextlib
import csv
import dataclasses
import fcntl
import functools
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import yaml

from ablation.data.sizes import Sizes
from ablation.files import write_atomically
from ablation.recipe import Recipe
from ablation.runner.options import Options
from ablation.runner.run import Outcome, run
from ablation.study import Setting, load
from ablation.study.trial import Trial

STUDY: dict[str, Any] = {
    "study": "tiny",
    "dataset": "shapes",
    "seeds": 1,
    "network": {"widths": [4], "convs_per_block": 1, "head": [8]},
    "training": {"epochs": 3, "batch_size": 16},
    "data": {"train": 64, "val": 32, "test": 32},
    "ladder": [
        {"step": "baseline"},
        {"step": "noise", "tricks": ["noise"]},
        {"step": "batch_norm", "tricks": ["batch_norm"]},
    ],
}
HURRY = {
    "backend_optimization_level": 0,
    "cpu_use_fusion_emitters": False,
    "cpu_parallel_codegen_split_count": 1,
}
TIMES = (
    *("train_seconds", "images_per_second", "peak_memory_mb", "seconds"),
    *("time_factor", "time_factor_low", "time_factor_high", "points_per_minute"),
)


def write_study(file: Path, **changes: Any) -> Path:
    """The tiny study with some of its top-level keys replaced, as a YAML file."""
    file.write_text(yaml.safe_dump(STUDY | changes, sort_keys=False), encoding="utf-8")
    return file


def recipe(**fields: Any) -> Recipe:
    """The tiny study's first recipe, in float32, with some fields changed."""
    return Recipe(**(STUDY["network"] | STUDY["training"] | {"precision": "float32"} | fields))


def trial_of(chosen: Recipe, seed: int = 0) -> Trial:
    """A trial of a recipe on the tiny data."""
    return Trial(Setting(chosen, Sizes(train=64, val=32, test=32)), seed, "shapes", "0", "honest", "")


def trial(seed: int = 0, **fields: Any) -> Trial:
    """A trial of the tiny recipe with some fields changed."""
    return trial_of(recipe(**fields), seed)


def trial_again(one: Trial, seed: int) -> Trial:
    """The same trial under another seed."""
    return dataclasses.replace(one, seed=seed)


def without_times(record: dict[str, Any]) -> dict[str, Any]:
    """A trial's record, comparable between two trainings."""
    rows = [{key: value for key, value in row.items() if key not in TIMES} for row in record["epochs"]]
    rest = {key: value for key, value in record.items() if key not in TIMES}
    return json.loads(json.dumps(rest | {"epochs": rows, "confusion": None}))


def table(file: Path) -> list[dict[str, str]]:
    """A CSV file's rows as text, without the columns that hold times."""
    with file.open(newline="", encoding="utf-8") as stream:
        return [{k: v for k, v in row.items() if k not in TIMES} for row in csv.DictReader(stream)]


def tables(folder: Path) -> dict[str, list[dict[str, str]]]:
    """`trials.csv` and `epochs.csv` of a results folder, without times."""
    return {name: table(folder / f"{name}.csv") for name in ("trials", "epochs")}


def trial_times(folder: Path) -> list[float]:
    """Training seconds of the trials of a results folder, in the table's order."""
    with (folder / "trials.csv").open(newline="", encoding="utf-8") as stream:
        return [float(row["train_seconds"]) for row in csv.DictReader(stream)]


class Quiet:
    """A display that keeps what it is told.

    Args:
        watch: called with every progress.
    """

    def __init__(self, watch: Callable[[Any], None] = lambda progress: None) -> None:
        self.notes: list[str] = []
        self.finished: list[tuple[str, int, str]] = []
        self.total = self.kept = -1
        self.watch = watch

    def note(self, text: str) -> None:
        self.notes.append(text)

    def busy(self, text: str) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def start(self, total: int, kept: int, costs: Any = None, jobs: int | None = 1, look: str = "") -> None:
        self.total, self.kept, self.costs = total, kept, costs

    def progress(self, title: str, seed: int, progress: Any) -> None:
        self.watch(progress)

    def finish(self, title: str, seed: int, record: dict[str, Any]) -> None:
        self.finished.append((title, seed, record["status"]))

    def end(self) -> None:
        pass


def run_study(file: Path, out: Path, display: Any = None, **options: Any) -> Outcome:
    """Run a study file's `full` preset in this process."""
    return run(load(str(file)), Options(preset="full", out=out, **options), display or Quiet())


class Trainer:
    """Stands in for `ablation.train.loop.train`.

    Attributes:
        trained: the trials it was given, in order.
        fail: for each of which it calls this first; it may raise.
    """

    def __init__(self) -> None:
        self.trained: list[Trial] = []
        self.fail: Callable[[Trial], None] = lambda trial: None

    def __call__(
        self,
        trial: Trial,
        splits: Any,
        *,
        checkpoint: Path,
        checkpoint_share: float,
        start: Path | None = None,
        backbone: Path | None = None,
        keep: Path | None = None,
        engines: Any = None,
        watch: Callable[[Any], None],
        observe: Callable[[Any], None] | None = None,
        keep_judged: Callable[[Any], None] | None = None,
        stop: Callable[[], bool],
    ) -> dict[str, Any]:
        from ablation.train.loop import Interrupted, Progress

        self.trained.append(trial)
        self.fail(trial)
        share = int(trial.config_hash[:8], 16) / 2**32
        epochs = []
        for epoch in range(1, ceil(trial.setting.recipe.epochs) + 1):
            row = {
                "epoch": epoch,
                "loss": share + 1 / epoch,
                "accuracy": share,
                "val_loss": share + 2 / epoch,
            }
            epochs.append(row | {"val_accuracy": share, "learning_rate": 0.001, "seconds": 0.5})
            watch(Progress(epoch, trial.setting.recipe.epochs, 1.0, 100.0, epochs[-1]))
            if stop() and epoch < trial.setting.recipe.epochs:
                raise Interrupted
        figures = (
            "train_accuracy",
            "running_train_accuracy",
            "val_accuracy",
            "best_val_accuracy",
            "test_accuracy",
        )
        losses = ("gap", "train_loss", "val_loss", "test_loss")
        return {
            "config_hash": trial.config_hash,
            "seed": trial.seed,
            "status": "done",
            "error": None,
            "epochs_run": len(epochs),
            "best_epoch": 1,
            **dict.fromkeys((*figures, *losses), share),
            "parameters": 100,
            "flops_per_image": 1000,
            "train_seconds": 1.5,
            "images_per_second": 100.0,
            "peak_memory_mb": 50.0,
            "epochs": epochs,
        }


class Once:
    """Trains as `train` does, but a configuration that this session's tests have trained only once.

    Attributes:
        folder: where all processes of the session keep what was trained.
        train: does it.
    """

    def __init__(self, folder: Path, train: Callable[..., dict[str, Any]]) -> None:
        self.folder, self.train = folder, train

    def __call__(self, trial: Trial, *arguments: Any, **options: Any) -> dict[str, Any]:
        if options["start"] or options["keep"]:  # weights pass between trials, which no record holds
            return self.train(trial, *arguments, **options)
        file = self.folder / trial.config_hash
        if not file.exists():
            write_atomically(file, pickle.dumps(self.train(trial, *arguments, **options)))
        return pickle.loads(file.read_bytes())


def python(
    *arguments: str, cwd: Path, expected: int = 0, executable: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    """Run this Python on the project, wherever it is called, and check its exit code."""
    done = subprocess.run(
        [executable, *arguments], cwd=cwd, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == expected, done.stdout + done.stderr
    return done


@functools.cache
def ready(backend: str = "tensorflow") -> str:
    """A Python that holds Keras of a backend in memory, an executable file; see `ready.py`. Only Linux has one.

    All processes of a test session share one; it ends with the last of them.
    """
    if sys.platform != "linux":
        return sys.executable
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"ready-{session}-{backend}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            os.open(folder / "users", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # there is none, or the server that read it is gone
            _serve(folder, backend)
    return str(folder / "python")


def _serve(folder: Path, backend: str) -> None:
    """Start what `ready` tells of. It ends when no process has `users` open for writing any more."""
    file = Path(__file__).with_name("ready.py")
    line = f'#!/bin/sh\nexec {sys.executable} -SE {file} {folder / "socket"} "$@"\n'
    (folder / "python").write_text(line, encoding="utf-8")
    (folder / "python").chmod(0o755)
    chosen = {"KERAS_BACKEND": backend, "KERAS_HOME": str(folder), "JAX_PLATFORMS": "cpu", "PYTHONPATH": ""}
    chosen |= {"JAX_COMPILATION_CACHE_DIR": str(folder), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    for name in ("users", "socket"):
        (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / "users")
    users = os.open(folder / "users", os.O_RDONLY | os.O_NONBLOCK)
    os.open(folder / "users", os.O_WRONLY)
    server = subprocess.Popen(
        [sys.executable, str(file), "--serve", str(folder / "socket")],
        env=os.environ | chosen,
        stdin=users, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    os.close(users)
    assert server.stdout is not None and server.stdout.readline() == "ready\n"


def keras_python(*arguments: str, cwd: Path, expected: int = 0) -> subprocess.CompletedProcess[str]:
    """As `python`, with Keras in memory already."""
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    return python(*arguments, cwd=cwd, expected=expected, executable=ready(backend))


def draw_nothing(patch: Any) -> None:
    """A report has no figures."""
    patch.setattr("ablation.report.figures.drawings", lambda found: {})


def paint_nothing(patch: Any) -> None:
    """Figures are drawn as ever; their PNG is nothing."""
    patch.setattr("ablation.report.style.png", lambda figure: b"\x89PNG")


def environment() -> dict[str, str]:
    """This process's, with the project and what its tests share where Python finds them; XLA compiles in a hurry."""
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here.parent), str(here)])
    flags = " ".join(f"--xla_{name}={value}".lower() for name, value in HURRY.items())
    return {"XLA_FLAGS": flags, **os.environ, "PYTHONPATH": paths}


def tree(folder: Path) -> Sequence[str]:
    """All files and folders below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
