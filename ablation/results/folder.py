"""The only module that reads and writes a results folder.

    results/<study>/<run>/
        manifest.json           what was run, on what, with what
        trials/<hash>.json      one finished trial: its figures, epochs and confusion matrix
        checkpoints/<hash>.npz  an unfinished trial, up to its last saved epoch
        weights/<hash>.npz      of a trial from which others start
        samples/<hash>.png      training images as a step's augmentation shows them to the network
        trials.csv, epochs.csv  derived from the trial files
        summary.csv, figures/, report.html, report.md   derived by `ablation report`

Every file appears whole or not at all: it is written under a temporary name, then takes the old one's place.
"""

import contextlib
import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ablation.errors import UserError
from ablation.files import UNFINISHED, replacing, write_atomically
from ablation.study.trial import CONTRACT

JUDGED_TRAINING_IMAGES = 10_000  # at most, for a trial's train_accuracy
STATUSES = ("done", "failed", "diverged")
SAMPLES = re.compile(r"[0-9a-f]{16}\.png")

TRIAL_COLUMNS = (
    "design", "step", "position", "seed", "status", "epochs_run", "best_epoch", "train_accuracy",
    "running_train_accuracy", "val_accuracy", "best_val_accuracy", "test_accuracy", "gap", "train_loss",
    "val_loss", "test_loss", "parameters", "flops_per_image", "train_seconds", "images_per_second",
    "peak_memory_mb", "config_hash", "error", "test_top5_accuracy",
)  # fmt: skip
LATER_COLUMNS = ("test_top5_accuracy",)  # of which older tables know nothing
EPOCH_COLUMNS = (
    "step", "seed", "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds",
    "config_hash",
)  # fmt: skip
WHOLE_NUMBERS = (
    "position", "seed", "epoch", "epochs_run", "best_epoch", "parameters", "flops_per_image",
)  # fmt: skip


@dataclass(frozen=True)
class RunFolder:
    """One `results/<study>/<run>/` folder.

    Attributes:
        path: where it lies; nothing is created until something is written.
    """

    path: Path

    def trial_file(self, config_hash: str) -> Path:
        return self.path / "trials" / f"{config_hash}.json"

    def checkpoint_file(self, config_hash: str) -> Path:
        return self.path / "checkpoints" / f"{config_hash}.npz"

    def weights_file(self, config_hash: str) -> Path:
        return self.path / "weights" / f"{config_hash}.npz"

    def samples_file(self, name: str) -> Path:
        return self.path / "samples" / name

    def save_trial(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Keep one trial, finished in whatever way; its checkpoint is no longer needed and goes.

        Args:
            record: the trial columns that do not depend on a design (`config_hash` among them), `epochs`
                (rows with the epoch columns) and optionally `confusion` (classes x classes counts, rows the
                truth). A figure that is not finite is kept as none.

        Returns:
            The record as `read_trials` will give it.
        """
        text = json.dumps(
            _finite({"contract": CONTRACT, **record}), indent=1, allow_nan=False, default=_plain
        )
        write_atomically(self.trial_file(record["config_hash"]), text)
        self.checkpoint_file(record["config_hash"]).unlink(missing_ok=True)
        return json.loads(text)

    def read_trials(self) -> "Records":
        """All kept trials by configuration hash.

        Raises:
            UserError: a file among them is not a trial's.
        """
        folder = self.path / "trials"
        files = sorted(folder.glob("*.json")) if folder.is_dir() else []
        return Records(self, {file.stem: self.read_trial(file.stem)["status"] for file in files})

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        text = json.dumps({"contract": CONTRACT, **manifest}, indent=2, allow_nan=False, default=_plain)
        write_atomically(self.path / "manifest.json", text + "\n")

    def read_manifest(self) -> dict[str, Any] | None:
        file = self.path / "manifest.json"
        return self._read_json(file) if file.is_file() else None

    def write_tables(
        self, planned: Sequence[Mapping[str, Any]], records: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Derive `trials.csv` and `epochs.csv`.

        Args:
            planned: rows of design, step, position, seed, config_hash, in the order of the tables. Two
                designs may name the same configuration: it was trained once and has a row under each.
            records: what `read_trials` gave; planned trials without a record have no row.
        """
        written = set()
        with self._table("trials", TRIAL_COLUMNS) as trial, self._table("epochs", EPOCH_COLUMNS) as epoch:
            for row in planned:
                record = records.get(row["config_hash"])
                if record is None:
                    continue
                trial({**record, **row})
                if row["config_hash"] not in written:
                    written.add(row["config_hash"])
                    labels = {key: row[key] for key in ("step", "seed", "config_hash")}
                    for figures in record["epochs"]:
                        epoch({**figures, **labels})

    @contextlib.contextmanager
    def _table(self, name: str, columns: Sequence[str]) -> Iterator[Callable[[Mapping[str, Any]], None]]:
        """A function that adds a row to a new table, which is there, whole, at the end."""
        whole = [column in WHOLE_NUMBERS for column in columns]

        def add(row: Mapping[str, Any]) -> None:
            cells = zip(map(row.get, columns), whole, strict=True)
            lines.writerow([float(one) if type(one) is int and not whole else one for one, whole in cells])

        with replacing(self.path / f"{name}.csv") as file:
            text = io.TextIOWrapper(file, "utf-8", newline="")
            try:
                lines = csv.writer(text, lineterminator="\n")
                lines.writerow(columns)
                yield add
            finally:
                text.detach()

    def remove_unfinished(self) -> None:
        """Remove what a killed run was writing; only for the one that holds the folder."""
        for pattern in (
            "trials/.*",
            "checkpoints/.*",
            "weights/.*",
            ".manifest.json.*",
            ".trials.csv.*",
            ".epochs.csv.*",
        ):
            for file in self.path.glob(pattern + UNFINISHED):
                file.unlink(missing_ok=True)

    def read_trial(self, config_hash: str) -> dict[str, Any]:
        """One kept trial.

        Raises:
            UserError: its file is not one.
        """
        file = self.trial_file(config_hash)
        record = self._read_json(file)
        epochs = record.get("epochs")
        if (
            record.get("config_hash") != file.stem
            or record.get("status") not in STATUSES
            or not isinstance(epochs, list)
            or not all(isinstance(epoch, dict) for epoch in epochs)
        ):
            raise UserError(f"{file}: not a trial's record; remove it and its trial is trained again")
        return record

    def _read_json(self, file: Path) -> dict[str, Any]:
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise UserError(f"{file}: not a readable results file ({error})") from error
        found = content.get("contract") if isinstance(content, dict) else None
        if found != CONTRACT:
            raise UserError(
                f"{file}: expected results contract {CONTRACT}, found {found!r}; run with --fresh or --out"
            )
        return content


class Records(Mapping[str, dict[str, Any]]):
    """The kept trials of a folder by configuration hash; a record is read when it is asked for.

    Args:
        folder: where they lie.
        statuses: of each.
    """

    def __init__(self, folder: RunFolder, statuses: dict[str, str]) -> None:
        self._folder, self._statuses = folder, statuses

    def __getitem__(self, config_hash: str) -> dict[str, Any]:
        if config_hash not in self._statuses:
            raise KeyError(config_hash)
        return self._folder.read_trial(config_hash)

    def __contains__(self, config_hash: object) -> bool:
        return config_hash in self._statuses

    def __iter__(self) -> Iterator[str]:
        return iter(self._statuses)

    def __len__(self) -> int:
        return len(self._statuses)

    def status(self, config_hash: str) -> str | None:
        """`done`, `failed` or `diverged`; None of a trial that is not kept."""
        return self._statuses.get(config_hash)

    def keep(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Save a trial and know it from now on; as `RunFolder.save_trial`."""
        kept = self._folder.save_trial(record)
        self._statuses[kept["config_hash"]] = kept["status"]
        return kept


@dataclass(frozen=True)
class Results:
    """A results folder, read.

    Attributes:
        folder: where it lies.
        manifest: `manifest.json`.
        trials: `trials.csv`, one row a trial of a design.
        epochs: `epochs.csv`, one row an epoch of a trial.
    """

    folder: RunFolder
    manifest: dict[str, Any]
    trials: pd.DataFrame
    epochs: pd.DataFrame

    def samples(self, step: Mapping[str, Any]) -> bytes | None:
        """A PNG of augmented images of a step of the manifest; None where there is none."""
        name = step.get("samples")
        if not isinstance(name, str) or not SAMPLES.fullmatch(name):
            return None
        file = self.folder.samples_file(name)
        return file.read_bytes() if file.is_file() else None

    def confusion(self, config_hash: str) -> np.ndarray | None:
        """Counts on the test split, shape (classes, classes), rows the truth; None where there are none."""
        file = self.folder.trial_file(config_hash)
        record = self.folder._read_json(file) if file.is_file() else {}
        return np.array(record["confusion"]) if record.get("confusion") else None


def load(path: Path | str) -> Results:
    """Read a results folder.

    Raises:
        UserError: it is not one, or a table in it is damaged.
    """
    folder = RunFolder(Path(path))
    manifest = folder.read_manifest()
    if manifest is None:
        raise UserError(
            f"{path}: not a results folder (no manifest.json); expected e.g. results/transfer/shapes-quick"
        )
    tables = {}
    for name, columns in (("trials", TRIAL_COLUMNS), ("epochs", EPOCH_COLUMNS)):
        file = folder.path / f"{name}.csv"
        try:
            tables[name] = pd.read_csv(
                file, dtype={"config_hash": str, "error": str, "step": str, "design": str}
            )
        except (OSError, ValueError) as error:
            raise UserError(f"{file}: not a readable table ({error})") from error
        later = {column: math.nan for column in LATER_COLUMNS if column in columns}
        tables[name] = tables[name].assign(**{c: v for c, v in later.items() if c not in tables[name]})
        missing = [column for column in columns if column not in tables[name]]
        if missing:
            raise UserError(f"{file}: column {missing[0]} is missing; `ablation run` writes the table anew")
    return Results(folder, manifest, tables["trials"], tables["epochs"])


def _finite(value: Any) -> Any:
    """JSON has no infinities: a figure that is not finite becomes none."""
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"cannot be written as JSON: {value!r}")
