"""`parquet:PATH`: a file, or a folder of them, as Hugging Face stores image sets: the files' bytes, and a label."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ablation.data.formats.reading import reading
from ablation.data.own import Address
from ablation.data.own.collection import SPLITS, Collection, existing, labelled, looks_of
from ablation.errors import UserError

IMAGES = ("image", "img", "images", "picture", "photo")
LABELS = ("label", "labels", "fine_label", "class", "target", "category")
ROWS = 256


def key(address: Address, data_dir: Path | None) -> str:
    """Of the files."""
    return looks_of(_files(address))


def collect(address: Address, data_dir: Path | None) -> Collection:
    """All rows.

    Raises:
        UserError: pyarrow is not installed, no file, or no column of images or of labels.
    """
    parquet = _parquet()
    words: list[str] = []
    splits: list[str] = []
    names: list[str] = []
    published: list[str] | None = None
    columns: list[tuple[Path, str]] = []
    for file in _files(address):
        with reading(file, "parquet file"):
            schema = parquet.read_schema(file)
            image, label = _column(file, schema, IMAGES), _column(file, schema, LABELS)
            values = parquet.read_table(file, columns=[label]).column(label).to_pylist()
            published = _class_names(schema, label)
        if None in values:
            raise UserError(f"{file.name}: row {values.index(None)}: {label}: expected a label, found none")
        if published:
            if not all(isinstance(one, int) and 0 <= one < len(published) for one in values):
                raise UserError(
                    f"{file.name}: {label}: expected 0-{len(published) - 1}, the classes that it names"
                )
            values = [published[one] for one in values]
        words += map(str, values)
        splits += [_split(file)] * len(values)
        names += [f"{file.name}[{row}]" for row in range(len(values))]
        columns.append((file, image))
    used = [name for name in published if name in set(words)] if published else None
    classes, labels = labelled(words, used)
    if len(classes) < 2:
        raise UserError(
            f"dataset parquet:{address.place}: expected two classes or more, found {len(classes)}"
        )

    def items() -> Iterator[bytes]:
        for file, image in columns:
            with reading(file, "parquet file"), parquet.ParquetFile(file) as content:
                for batch in content.iter_batches(ROWS, columns=[image]):
                    for one in batch.column(0).to_pylist():
                        yield (one.get("bytes") if isinstance(one, dict) else one) or b""

    return Collection(classes, labels, splits, names, items)


def _parquet() -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise UserError(
            "dataset parquet: pyarrow is not installed; pip install 'ablation[parquet]'"
        ) from error
    return pyarrow.parquet


def _files(address: Address) -> list[Path]:
    if Path(address.place).expanduser().is_dir():
        files = sorted(Path(address.place).expanduser().resolve().rglob("*.parquet"))
        if not files:
            raise UserError(f"dataset parquet:{address.place}: expected .parquet files, found none")
        return files
    return [existing(address.place, "parquet").resolve()]


def _split(file: Path) -> str:
    """`train-00000-of-00001.parquet` and `train/0000.parquet` say their split."""
    for name in (file.stem, file.parent.name):
        start = name.lower().replace("_", "-").partition("-")[0]
        if start in SPLITS:
            return SPLITS[start]
    return ""


def _column(file: Path, schema: Any, usual: tuple[str, ...]) -> str:
    names = {name.lower(): name for name in schema.names}
    for name in usual:
        if name in names:
            return names[name]
    raise UserError(f"{file.name}: column {usual[0]}: expected one, found {', '.join(schema.names)}")


def _class_names(schema: Any, label: str) -> list[str] | None:
    """What Hugging Face keeps beside the columns."""
    try:
        told = json.loads((schema.metadata or {})[b"huggingface"])
        names = told["info"]["features"][label]["names"]
        return [str(name) for name in names]
    except (LookupError, ValueError, TypeError):
        return None
