"""Kill a study's processes at random moments until it is done, and compare its tables with those of an undisturbed run.

    python tests/torture.py --rounds 40 [--backend jax] [--jobs 2]

In every round the run is killed up to four times and then the report up to twice, with SIGKILL, the whole process
group at once, at moments drawn at random: some time after the start, or a moment after a line of progress, which is
when files are being written. Prints `40 of 40 identical`, and exits with 1 where a table differs in any column but
times.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import tiny

LADDER = [
    {"step": "baseline"},
    {
        "step": "everything",
        "tricks": [
            "noise", "batch_norm", "dropout", "l2", "augment", {"lr_decay": {"gamma": 0.8}},
            {"early_stopping": {"patience": 3, "smoothing": 0.5}},
        ],
    },
]  # fmt: skip
TABLES = ("trials", "epochs", "summary")
KILLS = {"run": 4, "report": 2}


class Study:
    """The study under torture.

    Args:
        folder: where its file and all results go.
        backend: of Keras.
        jobs: processes at a time.
    """

    def __init__(self, folder: Path, backend: str = "tensorflow", jobs: int = 1) -> None:
        self.folder, self.backend, self.jobs = folder, backend, jobs
        self.file = tiny.write_study(
            folder / "tiny.yaml", ladder=LADDER, seeds=2, training={"epochs": 5, "batch_size": 16}
        )
        self.environment = {**tiny.environment(), "KERAS_BACKEND": backend, "PYTHONUNBUFFERED": "1"}

    def command(self, what: str, out: Path) -> list[str]:
        """The command line of `run` or `report`."""
        options = ["--preset", "full", "--out", str(out), "--jobs", str(self.jobs), "--no-report"]
        rest = [str(self.file), *options] if what == "run" else [str(out)]
        return [tiny.ready(self.backend), "-m", "ablation", what, *rest]

    def start(self, what: str, out: Path) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            self.command(what, out),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def undisturbed(self, out: Path) -> dict[str, float]:
        """Run and report without a kill; seconds that each took."""
        seconds = {}
        for what in ("run", "report"):
            began = time.monotonic()
            process = self.start(what, out)
            process.communicate()
            if process.returncode:
                raise RuntimeError(f"the undisturbed {what} ended with {process.returncode}")
            seconds[what] = time.monotonic() - began
        return seconds

    def killed_until_done(
        self, out: Path, seconds: dict[str, float], draw: random.Random, most: dict[str, int] = KILLS
    ) -> int:
        """Run and report, each killed so often at most; the number of kills."""
        kills = 0
        for what, usual in seconds.items():
            for _ in range(most[what]):
                process = self.start(what, out)
                if not kill_at_some_moment(process, usual, draw):
                    break
                kills += 1
            else:
                process = self.start(what, out)
                process.communicate()
            if process.returncode:
                raise RuntimeError(f"{what} ended with {process.returncode} after {kills} kills")
        return kills


def kill_at_some_moment(process: subprocess.Popen[str], usual: float, draw: random.Random) -> bool:
    """Kill a process group after a random time or a random line of its output; whether it was still there."""
    lines = threading.Semaphore(0)

    def count() -> None:
        assert process.stdout is not None
        for _ in process.stdout:
            lines.release()

    reader = threading.Thread(target=count)
    reader.start()
    if draw.random() < 0.3:
        deadline = time.monotonic() + draw.uniform(0, 1.2 * usual)
    else:
        for _ in range(draw.randint(2, 20)):
            while not lines.acquire(timeout=0.05) and process.poll() is None:
                pass
        deadline = time.monotonic() + draw.uniform(0, 0.3)
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    reader.join()
    return alive


def differences(there: Path, here: Path) -> list[str]:
    """Tables that differ in any column but times, and files of the run that should not be left."""
    found = [name for name in TABLES if tiny.table(there / f"{name}.csv") != tiny.table(here / f"{name}.csv")]
    left = [*(here / "trials").glob(".*"), *(here / "checkpoints").iterdir(), *here.glob(".[met]*.part")]
    return found + [str(file.relative_to(here)) for file in left]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--backend", default="tensorflow")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    given = parser.parse_args(arguments)
    draw = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study = Study(folder, given.backend, given.jobs)
        seconds = study.undisturbed(folder / "undisturbed")
        print(
            f"undisturbed: {', '.join(f'{what} {took:.0f} s' for what, took in seconds.items())}", flush=True
        )
        identical = kills = 0
        for number in range(1, given.rounds + 1):
            out = folder / f"round{number}"
            killed = study.killed_until_done(out, seconds, draw)
            wrong = differences(folder / "undisturbed", out)
            kills, identical = kills + killed, identical + (not wrong)
            print(f"round {number}: {killed} kills, {', '.join(wrong) or 'identical'}", flush=True)
    print(f"{identical} of {given.rounds} identical ({given.backend}, {kills} kills)")
    return 0 if identical == given.rounds else 1


if __name__ == "__main__":
    sys.exit(main())
