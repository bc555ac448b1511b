"""`trials.csv` and `epochs.csv`: their columns, what may stand in them, reading and writing."""

import csv
import io
import math
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from ablation import measures
from ablation.errors import UserError
from ablation.results.json_file import read_regular

STATUSES = ("done", "failed", "diverged")
MEASURE_COLUMNS = tuple(f"measure_{name}" for name in measures.ours())  # of the test images
TRIAL_COLUMNS = (
    "design", "step", "position", "seed", "status", "epochs_run", "best_epoch", "train_accuracy",
    "running_train_accuracy", "val_accuracy", "best_val_accuracy", "test_accuracy", "gap", "train_loss",
    "val_loss", "test_loss", "parameters", "flops_per_image", "train_seconds", "images_per_second",
    "peak_memory_mb", "config_hash", "error", "test_top5_accuracy", *MEASURE_COLUMNS,
)  # fmt: skip
EPOCH_COLUMNS = (
    "step", "seed", "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds",
    "config_hash",
)  # fmt: skip
WHOLE_NUMBERS = (
    "position", "seed", "epoch", "epochs_run", "best_epoch", "parameters", "flops_per_image",
)  # fmt: skip

_TEXTS = {
    "design": re.compile(r"[A-Za-z0-9][A-Za-z0-9_+.:@-]{0,127}"),
    "step": re.compile(r"[A-Za-z0-9][A-Za-z0-9_+.:@-]{0,127}"),
    "status": re.compile("|".join(STATUSES)),
    "config_hash": re.compile(r"[0-9a-f]{16}"),
}
_NEEDED = (*_TEXTS, "position", "seed", "epoch")
_ANY, _AMOUNT, _SHARE = (-3.5e38, 3.5e38), (0.0, 1e15), (0.0, 1.0)
_RANGES = {
    **dict.fromkeys(WHOLE_NUMBERS, (0.0, 2.0**63)),
    "seed": (-(2.0**63), 2.0**63),
    **{name: _SHARE for name in (*TRIAL_COLUMNS, *EPOCH_COLUMNS) if name.endswith("accuracy")},
    "gap": (-1.0, 1.0),
    **dict.fromkeys(("train_loss", "val_loss", "test_loss", "loss", "learning_rate"), _ANY),
    **dict.fromkeys(("train_seconds", "seconds", "images_per_second", "peak_memory_mb"), _AMOUNT),
}


def trial_columns(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Of `trials.csv`: ours, and those of the measures of the user's own that the study names."""
    named = (f"measure_{one['name']}" for one in manifest.get("measures") or [])
    own = [column for column in named if column not in (*MEASURE_COLUMNS, "measure_accuracy")]
    return (*TRIAL_COLUMNS, *own)


def trial_row(record: Mapping[str, Any], place: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `trials.csv`: a trial's record under one of its places."""
    found = record.get("measures")
    found = _recovered(record) if found is None else found
    return {**record, **{f"measure_{name}": value for name, value in found.items()}, **place}


def _recovered(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the record of a trial from before there were measures tells of them."""
    kept = {"log_loss": record.get("test_loss"), "top5_accuracy": record.get("test_top5_accuracy")}
    return kept | measures.of_confusion(record.get("confusion") or [])


def write_rows(file: TextIO, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """A header and the rows; what a row lacks stays empty, a figure that is a whole number gets its point."""
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(columns)
    for row in rows:
        lines.writerow([_cell(column, row.get(column)) for column in columns])


def _cell(column: str, value: Any) -> Any:
    return float(value) if type(value) is int and column not in WHOLE_NUMBERS else value


def read_table(file: Path, columns: Sequence[str]) -> pd.DataFrame:
    """`trials.csv` or `epochs.csv`, every cell what its column says; other columns are left as they are.

    Columns of counts are whole numbers (or floating ones where cells are empty); accuracies 0-1, the gap -1 to 1,
    losses and times finite; what is empty is nan.

    Raises:
        UserError: it is no such table; the text names column and line.
    """
    content = read_regular(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            found = pd.read_csv(
                io.BytesIO(content), dtype=str, keep_default_na=False, na_values=[""], index_col=False
            )
    except (ValueError, pd.errors.ParserWarning) as error:
        raise UserError(f"{file}: not a readable table ({str(error)[:200]})") from error
    for column in columns:
        if column not in found and (column == "test_top5_accuracy" or column.startswith("measure_")):
            found[column] = math.nan
        elif column not in found:
            raise UserError(f"{file}: column {column} is missing; `ablation run` writes the table anew")
    return typed(found, str(file))


def table_of(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], where: str) -> pd.DataFrame:
    """What `read_table` would give of rows that `write_rows` wrote.

    Args:
        columns: of the table.
        rows: by column.
        where: what an error names.
    """
    cells = [[_text(_cell(column, row.get(column))) for column in columns] for row in rows]
    return typed(pd.DataFrame(cells, columns=list(columns), dtype="str"), where)


def _text(value: Any) -> Any:
    return math.nan if value is None or value == "" else str(value)


def typed(found: pd.DataFrame, where: str) -> pd.DataFrame:
    """Cells of text as what their columns hold.

    Raises:
        UserError: a cell is anything else.
    """
    checked = found.copy()
    for column in found.columns:
        cells = found[column].to_numpy(object)
        empty = pd.isna(cells)
        if column in _NEEDED and empty.any():
            _refuse(where, column, int(empty.argmax()), "something", "nothing")
        if (pattern := _TEXTS.get(column)) is not None:
            for line, cell in enumerate(cells):
                if not pattern.fullmatch(cell):
                    _refuse(where, column, line, _expected(column), cell)
        elif column in _RANGES or column.startswith("measure_"):
            checked[column] = _numbers(cells, empty, where, column)
    if "status" in checked:
        done = checked["status"] == "done"
        for column in ("train_accuracy", "val_accuracy"):
            if (lacking := (done & checked[column].isna()).to_numpy()).any():
                _refuse(where, column, int(lacking.argmax()), "a number of a trial that is done", "nothing")
    return checked


def _numbers(cells: np.ndarray, empty: np.ndarray, where: str, column: str) -> np.ndarray:
    low, high = _RANGES.get(column, _ANY)
    kind = int if column in WHOLE_NUMBERS else float
    expected = f"a {'whole ' if kind is int else ''}number from {low:g} to {high:g}"
    numbers: list[float] = []
    for line, (cell, without) in enumerate(zip(cells, empty, strict=True)):
        try:
            number = math.nan if without else _number(cell, kind)
        except ValueError:
            _refuse(where, column, line, expected, cell)
        if not without and not low <= number <= high:
            _refuse(where, column, line, expected, cell)
        numbers.append(number)
    return np.array(numbers, float if kind is float or empty.any() else np.int64)


def _number(cell: str, kind: type) -> float:
    if kind is int and not re.fullmatch(r"-?[0-9]{1,18}", cell):
        number = float(cell)
        if not number.is_integer():
            raise ValueError
        return int(number)
    return kind(cell)


def _expected(column: str) -> str:
    return {"status": "one of " + ", ".join(STATUSES), "config_hash": "16 hex digits"}.get(column, "a name")


def _refuse(where: str, column: str, line: int, expected: str, found: object) -> None:
    shown = str(found)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    raise UserError(f"{where}: {column} in line {line + 2}: expected {expected}, found {shown!r}")
