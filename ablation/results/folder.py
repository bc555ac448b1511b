"""What lies where in a results folder, and writing it.

    results/<study>/<run>/
        manifest.json           what was run, on what, with what
        trials/<hash>.json      one finished trial: its figures, epochs and confusion matrix
        checkpoints/<hash>.npz  an unfinished trial, up to its last saved epoch
        weights/<hash>.npz      of a trial from which others start
        samples/<hash>.png      training images as a step's augmentation shows them to the network; a column of
                                test images that every trial was asked about
        trials.csv, epochs.csv  derived from the trial files
        summary.csv, figures/, report.html, report.md   derived by `ablation report`

Every file appears whole or not at all: it is written under a temporary name, then takes the old one's place.
"""

import contextlib
import io
import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from ablation.errors import UserError
from ablation.explain import explain
from ablation.files import UNFINISHED, replacing, write_atomically
from ablation.results.json_file import read_json
from ablation.results.manifest import checked
from ablation.results.record import TrialRecord
from ablation.results.tables import EPOCH_COLUMNS, TRIAL_COLUMNS, trial_row, write_rows
from ablation.study.trial import CONTRACT

JUDGED_TRAINING_IMAGES = 10_000  # at most, for a trial's train_accuracy
RECORDS_ASKED = 10
OWN = (
    "manifest.json", "trials.csv", "epochs.csv", "summary.csv", "contributions.csv", "budgets.csv",
    "protocols.csv", "costs.csv", "classes.csv", "turned.csv", "evaluations.csv",
    "evaluations_summary.csv", "report.html", "report.md", "trials", "checkpoints", "weights", "samples",
    "figures", "tensorboard", "models", "observers",
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
                truth), `shown` and `right` (`results.record`). A figure that is not finite is kept as none.

        Returns:
            The record as `read_trials` will give it.
        """
        text = _lines({"contract": CONTRACT, **record})
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
        """Write what `read_manifest` will give.

        Raises:
            ValidationError: it is no manifest.
        """
        whole = checked({"contract": CONTRACT, **manifest})
        text = json.dumps(whole, indent=2, allow_nan=False, default=_plain)
        write_atomically(self.path / "manifest.json", text + "\n")

    def read_manifest(self) -> dict[str, Any] | None:
        """`manifest.json` of any version, brought to today's form; None where there is none.

        Raises:
            UserError: it is damaged, or none of a results folder.
        """
        file = self.path / "manifest.json"
        if not file.exists():
            return None
        content = self._read(file)
        try:
            return checked(content)
        except ValidationError as error:
            raise UserError(f"{file}: {explain(error)}") from error

    def write_tables(
        self,
        planned: Sequence[Mapping[str, Any]],
        records: Mapping[str, Mapping[str, Any]],
        columns: Sequence[str] = TRIAL_COLUMNS,
    ) -> None:
        """Derive `trials.csv` and `epochs.csv`.

        Args:
            planned: rows of design, step, position, seed, config_hash, in the order of the tables. Two
                designs may name the same configuration: it was trained once and has a row under each.
            records: what `read_trials` gave; planned trials without a record have no row.
            columns: of `trials.csv`.
        """
        there = [row for row in planned if row["config_hash"] in records]
        first = {row["config_hash"]: row for row in reversed(there)}

        def epochs() -> Iterator[dict[str, Any]]:
            for key, row in reversed(first.items()):
                labels = {name: row[name] for name in ("step", "seed", "config_hash")}
                yield from ({**figures, **labels} for figures in records[key]["epochs"])

        self._write_table("trials", columns, (trial_row(records[row["config_hash"]], row) for row in there))
        self._write_table("epochs", EPOCH_COLUMNS, epochs())

    def _write_table(self, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
        with replacing(self.path / f"{name}.csv") as file:
            text = io.TextIOWrapper(file, "utf-8", newline="")
            try:
                write_rows(text, columns, rows)
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
        record = self._read(file)
        try:
            TrialRecord.model_validate(record)
        except ValidationError as error:
            reason = explain(error)
        else:
            if record["config_hash"] == file.stem:
                return record
            reason = f"config_hash: expected the file's name, found {record['config_hash']}"
        raise UserError(f"{file}: not a trial's record ({reason}); remove it and its trial is trained again")

    def _read(self, file: Path) -> dict[str, Any]:
        content = read_json(file)
        found = content.get("contract") if isinstance(content, dict) else None
        if found != CONTRACT:
            raise UserError(
                f"{file}: expected results contract {CONTRACT}, found {str(found)[:60]}; choose another folder "
                "with --out"
            )
        return content

    def is_ours(self) -> bool:
        """Whether a run wrote here: the manifest is one, or, where that is damaged, a trial's record is."""
        with contextlib.suppress(UserError):
            file = self.path / "manifest.json"
            if file.exists() and {"steps", "trials", "study"} <= self._read(file).keys():
                return True
        for file in sorted((self.path / "trials").glob("*.json"))[:RECORDS_ASKED]:
            with contextlib.suppress(UserError):
                self.read_trial(file.stem)
                return True
        return False

    def strangers(self) -> list[str]:
        """What lies in a folder that is not ours, hidden files left out, by name; empty of ours."""
        try:
            there = self.path.is_dir()
        except OSError:  # no name that the system takes: who writes there will say so
            return []
        if not there or self.is_ours():
            return []
        return sorted(file.name for file in self.path.iterdir() if not file.name.startswith("."))

    def set_aside(self) -> Path | None:
        """Move what runs and reports wrote here to a new folder beside this one: `RUN.1`, `RUN.2`, ...

        Returns:
            That folder; None where there was nothing.

        Raises:
            UserError: it cannot be moved.
        """
        mine = [self.path / name for name in OWN if (self.path / name).exists()]
        if not mine:
            return None
        place = self.path.resolve()
        number = itertools.count(1)
        try:
            while (aside := place.with_name(f"{place.name}.{next(number)}")).exists():
                pass
            aside.mkdir()
            for file in mine:
                file.rename(aside / file.name)
        except OSError as error:
            raise UserError(f"{self.path}: cannot be set aside ({error.strerror})") from error
        return self.path.with_name(aside.name) if self.path.name == place.name else aside


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


def _lines(record: Mapping[str, Any]) -> str:
    """A record as JSON, an entry a line: indented throughout, Python would encode it, at ten times the time."""
    fields = (f" {json.dumps(key)}: {_encoded(value)}" for key, value in record.items())
    return "{\n" + ",\n".join(fields) + "\n}"


def _encoded(value: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False, default=_plain)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False, default=_plain)


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
