"""`csv:FILE`: a row an image, with its path (from the file's own folder), its label, and its split where it has one."""

from pathlib import Path

import pandas as pd

from ablation.data.formats.reading import reading
from ablation.data.own import Address
from ablation.data.own.collection import SPLITS, Collection, existing, labelled, looks_of
from ablation.errors import UserError, did_you_mean

COLUMNS = {
    "path": ("path", "file", "filename", "file_name", "image", "image_path", "filepath"),
    "label": ("label", "class", "target", "category", "y"),
    "split": ("split", "set", "subset", "partition", "fold"),
}


def key(address: Address, data_dir: Path | None) -> str:
    """Of the table and the files that it names."""
    file = existing(address.place, "csv")
    return looks_of([file.resolve(), *_files(file, _table(file))])


def collect(address: Address, data_dir: Path | None) -> Collection:
    """All rows.

    Raises:
        UserError: no table, a column is missing, an unknown split, a label is missing, or fewer than two classes.
    """
    file = existing(address.place, "csv")
    table = _table(file)
    if len(bare := table.index[table["label"].str.strip() == ""]):
        raise UserError(f"{file.name}: row {bare[0] + 1}: expected a label, found none")
    splits = [""] * len(table)
    if "split" in table:
        for row, found in enumerate(table["split"].str.strip().str.lower()):
            if found not in ("", *SPLITS):
                expected = did_you_mean(found, ("train", "val", "test"))
                raise UserError(f"{file.name}: row {row + 1}: split: unknown '{found}'{expected}")
            splits[row] = SPLITS.get(found, "")
    classes, labels = labelled(table["label"].str.strip().tolist())
    if len(classes) < 2:
        raise UserError(f"{file.name}: label: expected two classes or more, found {len(classes)}")
    paths = _files(file, table)
    return Collection(classes, labels, splits, table["path"].tolist(), lambda: iter(paths))


def _files(file: Path, table: pd.DataFrame) -> list[Path]:
    return [file.resolve().parent / path for path in table["path"]]


def _table(file: Path) -> pd.DataFrame:
    """The columns path, label and perhaps split, as text; without a head they stand in this order."""
    with reading(file, "csv file"):
        raw = pd.read_csv(file, dtype=str, keep_default_na=False, header=None, skipinitialspace=True)
    head = [str(name).strip().lower() for name in raw.iloc[0]] if len(raw) else []
    chosen = {
        column: next((head.index(n) for n in names if n in head), None) for column, names in COLUMNS.items()
    }
    if chosen["path"] is None and chosen["label"] is None:
        if raw.shape[1] not in (2, 3):
            raise UserError(
                f"{file.name}: expected columns path, label and perhaps split, found {', '.join(head)}"
            )
        return raw.set_axis(["path", "label", "split"][: raw.shape[1]], axis=1)
    for column in ("path", "label"):
        if chosen[column] is None:
            raise UserError(f"{file.name}: column {column}: expected one, found {', '.join(head)}")
    rows = raw.iloc[1:].reset_index(drop=True)
    return pd.DataFrame({column: rows[place] for column, place in chosen.items() if place is not None})
