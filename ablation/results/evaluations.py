"""`evaluations.csv`: how the saved models of a run do on other test images."""

import io
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ablation.errors import UserError
from ablation.files import write_atomically
from ablation.results.folder import RunFolder
from ablation.results.json_file import read_regular
from ablation.results.tables import MEASURE_COLUMNS

FILE = "evaluations.csv"
COLUMNS = (
    "design", "step", "seed", "dataset", "images", "sha256", "test_accuracy", "test_loss", "config_hash",
    *MEASURE_COLUMNS,
)  # fmt: skip
NUMBERS = {
    "seed": (-(2**63), 2**63),
    "images": (1, 1e9),
    "test_accuracy": (0, 1),
    "test_loss": (-3.5e38, 3.5e38),
    **dict.fromkeys(MEASURE_COLUMNS, (-3.5e38, 3.5e38)),
}
LONGEST_NAME = 128


def read(folder: RunFolder) -> pd.DataFrame:
    """The evaluations that lie in a folder, no row where there are none.

    Accuracies are 0-1; a measure that was not computed is nan.

    Raises:
        UserError: the file is damaged.
    """
    file = folder.path / FILE
    if not file.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    try:
        found = pd.read_csv(io.BytesIO(read_regular(file)), dtype=str, keep_default_na=False)
    except ValueError as error:
        raise UserError(f"{file}: not a readable table ({str(error)[:200]})") from error
    for column in MEASURE_COLUMNS:  # of which older tables know nothing
        found[column] = found.get(column, "")
    if missing := next((column for column in COLUMNS if column not in found), None):
        raise UserError(f"{file}: column {missing} is missing; `ablation evaluate` writes the table anew")
    for column, (low, high) in NUMBERS.items():
        numbers = pd.to_numeric(found[column], errors="coerce")
        wrong = ~((numbers >= low) & (numbers <= high))
        if column in MEASURE_COLUMNS:
            wrong &= found[column] != ""
        if wrong.any():
            line = int(wrong.to_numpy().argmax())
            raise UserError(
                f"{file}: {column} in line {line + 2}: expected a number from {low:g} to {high:g}, found"
                f" {str(found[column][line])[:60]!r}"
            )
        found[column] = numbers
    if (found["dataset"].str.len() > LONGEST_NAME).any():
        raise UserError(f"{file}: dataset: expected names of {LONGEST_NAME} characters at most")
    return found[list(COLUMNS)]


def write(folder: RunFolder, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Keep evaluations; those of a data set of the same name are replaced.

    Returns:
        All that lie there now.

    Raises:
        UserError: the folder cannot be written, or what lies there is damaged.
    """
    new = pd.DataFrame(list(rows), columns=list(COLUMNS))
    old = read(folder)
    old = old[~old["dataset"].isin(new["dataset"])]
    whole = pd.concat([old, new], ignore_index=True) if len(old) else new
    write_atomically(folder.path / FILE, whole.to_csv(index=False))
    return whole
