"""A results folder, read: the manifest, the tables, and what the trial files say of them."""

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ablation.errors import UserError
from ablation.results.folder import RunFolder
from ablation.results.json_file import read_regular
from ablation.results.tables import EPOCH_COLUMNS, read_table, table_of, trial_columns, trial_row

SAMPLES = re.compile(r"[0-9a-f]{16}\.png")
PLACE = ("design", "step", "seed")
SHOWN = 3
PREDICTIONS = ("confusion", "shown", "right")


@dataclass(frozen=True)
class Results:
    """A results folder, read.

    Attributes:
        folder: where it lies.
        manifest: `manifest.json`, checked and brought to today's form (`ablation.results.manifest.Manifest`).
        trials: `trials.csv`, one row a trial of a design; where its trial file is there, that file's figures.
        epochs: `epochs.csv`, one row an epoch of a trial, likewise.
        disagreements: what the tables said otherwise than the trial files, a sentence each.
        predictions: what each trial file keeps of single classes and images, by configuration hash.
    """

    folder: RunFolder
    manifest: dict[str, Any]
    trials: pd.DataFrame
    epochs: pd.DataFrame
    disagreements: tuple[str, ...] = ()
    predictions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def samples(self, step: Mapping[str, Any]) -> bytes | None:
        """A PNG of augmented images of a step of the manifest; None where there is none."""
        name = step.get("samples")
        return self.picture(name) if isinstance(name, str) else None

    def confusion(self, config_hash: str) -> np.ndarray | None:
        """Counts on the test split, shape (classes, classes), rows the truth; None where there are none.

        Raises:
            UserError: it counts other classes than the manifest names.
        """
        counts = self._kept(config_hash, "confusion")
        classes = len(self.manifest["dataset"]["classes"])
        if counts and len(counts) != classes:
            file = self.folder.trial_file(config_hash)
            raise UserError(f"{file}: confusion: expected {classes} classes, found {len(counts)}")
        return np.array(counts) if counts else None

    def shown(self, config_hash: str) -> "Shown | None":
        """What a trial made of the test images that are shown; None where it does not say.

        Raises:
            UserError: it names a class that the manifest does not.
        """
        told = self._kept(config_hash, "shown")
        if told is None:
            return None
        classes = len(self.manifest["dataset"]["classes"])
        truth, predicted = np.array(told["truth"], int), np.array(told["predicted"], int)
        if max(truth.max(initial=0), predicted.max(initial=0)) >= classes:
            file = self.folder.trial_file(config_hash)
            raise UserError(f"{file}: shown: expected labels below {classes}, the number of classes")
        maps = None
        if told.get("maps") is not None:
            places = np.frombuffer(base64.b64decode(told["maps"]), np.uint8)
            maps = places.reshape(len(truth), *told["map_sides"])
        return Shown(told["images"], truth, predicted, maps)

    def right(self, config_hash: str) -> "Right | None":
        """Which test images a trial predicted right; None where it does not say."""
        told = self._kept(config_hash, "right")
        if told is None:
            return None
        packed = np.frombuffer(base64.b64decode(told["bits"]), np.uint8)
        hits = np.unpackbits(packed, count=told["number"]).astype(bool)
        counts = self.confusion(config_hash) if told.get("by_class") else None
        labels = None if counts is None else np.repeat(np.arange(len(counts)), counts.sum(axis=1))
        return Right(told["images"], hits, labels)

    def _kept(self, config_hash: str, name: str) -> Any:
        return self.predictions.get(config_hash, {}).get(name)

    def picture(self, name: str) -> bytes | None:
        """A PNG of the folder's samples by its name; None where there is none."""
        file = self.folder.samples_file(name)
        return read_regular(file) if SAMPLES.fullmatch(name) and file.exists() else None


@dataclass(frozen=True)
class Shown:
    """What a trial made of some test images.

    Attributes:
        images: name of the picture that holds them, one under the other (`Results.picture`).
        truth, predicted: classes, int (n,).
        maps: uint8 (n, rows, columns), how much each place speaks for the predicted class; None where there are none.
    """

    images: str
    truth: np.ndarray
    predicted: np.ndarray
    maps: np.ndarray | None


@dataclass(frozen=True)
class Right:
    """Which test images a trial predicted right.

    Attributes:
        images: sha256 of the test images and their labels.
        hits: boolean (images,).
        labels: int (images,), the true classes, ascending; None of an older trial, whose images come in the order of
            the test set.
    """

    images: str
    hits: np.ndarray
    labels: np.ndarray | None = None

    def comparable(self, other: "Right") -> bool:
        """Whether both are about the same images in the same order."""
        return self.images == other.images and (self.labels is None) == (other.labels is None)


def load(path: Path | str) -> Results:
    """Read a results folder.

    Raises:
        UserError: it is not one, or a file in it is damaged.
    """
    folder = RunFolder(Path(path))
    manifest = folder.read_manifest()
    if manifest is None:
        raise UserError(
            f"{path}: not a results folder (no manifest.json); expected e.g. results/transfer/shapes-quick"
        )
    columns = trial_columns(manifest)
    trials = read_table(folder.path / "trials.csv", columns)
    epochs = read_table(folder.path / "epochs.csv", EPOCH_COLUMNS)
    planned = {tuple(row[key] for key in PLACE): row for row in manifest["trials"]}
    for row in trials.itertuples():
        planned.setdefault((row.design, row.step, row.seed), _place(row))
    records = {
        key: folder.read_trial(key)
        for key in dict.fromkeys(row["config_hash"] for row in planned.values())
        if folder.trial_file(key).exists()
    }
    if not records:
        return Results(folder, manifest, trials, epochs)
    rows = [row for row in planned.values() if row["config_hash"] in records]
    kept = table_of(
        columns, (trial_row(records[row["config_hash"]], row) for row in rows), f"{folder.path}/trials"
    )
    curves = table_of(EPOCH_COLUMNS, _epoch_rows(rows, records), f"{folder.path}/trials")
    found = [
        *_disagreements("trials.csv", trials, kept, PLACE, columns),
        *_disagreements("epochs.csv", epochs, curves, ("config_hash", "epoch"), EPOCH_COLUMNS),
    ]
    more = [f"... and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    order = {place: index for index, place in enumerate(planned)}
    whole = _together(trials, kept, PLACE)
    places = [*zip(*(whole[key] for key in PLACE), strict=True)]
    whole = whole.iloc[sorted(range(len(whole)), key=lambda index: order[places[index]])]
    return Results(
        folder,
        manifest,
        whole.reset_index(drop=True),
        _together(epochs, curves, ("config_hash",)),
        (*found[:SHOWN], *more),
        {
            key: {name: record[name] for name in PREDICTIONS if record.get(name) is not None}
            for key, record in records.items()
        },
    )


def _place(row: Any) -> dict[str, Any]:
    return {key: getattr(row, key) for key in (*PLACE, "position", "config_hash")}


def _epoch_rows(
    rows: Iterable[Mapping[str, Any]], records: Mapping[str, Mapping[str, Any]]
) -> Iterable[dict[str, Any]]:
    """Those of each configuration once, under the first step that has it."""
    first = {row["config_hash"]: row for row in reversed(list(rows))}
    for key, row in reversed(first.items()):
        for figures in records[key]["epochs"]:
            yield {**figures, **{name: row[name] for name in ("step", "seed", "config_hash")}}


def _together(table: pd.DataFrame, kept: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Rows of the trial files, and those of the table that have none."""
    if table.equals(kept):
        return kept
    there, here = (pd.MultiIndex.from_frame(one[list(keys)]) for one in (table, kept))
    rest = table[~there.isin(here)]
    return pd.concat([kept, rest], ignore_index=True) if len(rest) else kept


def _disagreements(
    name: str,
    table: pd.DataFrame,
    kept: pd.DataFrame,
    keys: Iterable[str],
    columns: Iterable[str],
) -> list[str]:
    """Cells of a table that are not what the trial files say."""
    if table.equals(kept):
        return []
    keys = list(keys)
    both = table.merge(kept, on=keys, suffixes=("", " kept"))
    found = []
    for column in columns:
        if column in keys:
            continue
        there, here = both[column], both[f"{column} kept"]
        differ = (there != here) & ~(there.isna() & here.isna())
        if column.startswith("measure_"):  # an empty cell is of a table from before there were measures
            differ &= there.notna()
        for row in both[differ].to_dict("records") if differ.any() else ():
            found.append(
                f"{name}: {column} of step {row.get('step', '')}, seed {row['seed']}"
                + (f", epoch {row['epoch']}" if "epoch" in row else "")
                + f": {row[column]} there, {row[f'{column} kept']} in its trial's file, which counts"
            )
    return found
