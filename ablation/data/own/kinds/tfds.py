"""`tfds:NAME[/CONFIG]`: any image classification set of TensorFlow Datasets, in the data folder or tfds' own cache."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ablation.data.formats.reading import reading, short
from ablation.data.own import Address
from ablation.data.own.collection import SPLITS, Collection, labelled, looks_of
from ablation.errors import UserError


def key(address: Address, data_dir: Path | None) -> str:
    """Of the prepared folder."""
    return looks_of(sorted(Path(_builder(address, data_dir).data_dir).glob("*")))


def collect(address: Address, data_dir: Path | None) -> Collection:
    """All images of the splits train, validation and test.

    Raises:
        UserError: no such data set, it cannot be downloaded, or it has no `image` and `label`.
    """
    import tensorflow_datasets as tfds

    builder = _builder(address, data_dir)
    features = builder.info.features
    if not {"image", "label"} <= set(features):
        raise UserError(
            f"dataset tfds:{address.place}: expected features image and label, found {', '.join(features)}"
        )
    chosen = [split for split in builder.info.splits if split in SPLITS]
    skip = {"image": tfds.decode.SkipDecoding()}

    def rows(split: str) -> Iterator[Any]:
        with reading(Path(builder.data_dir), "tfds folder"):
            yield from tfds.as_numpy(builder.as_dataset(split=split, decoders=skip, shuffle_files=False))

    words: list[str] = []
    splits: list[str] = []
    names: list[str] = []
    for split in chosen:
        found = [features["label"].int2str(int(row["label"])) for row in rows(split)]
        words += found
        splits += [SPLITS[split]] * len(found)
        names += [f"{split}[{row}]" for row in range(len(found))]
    if len(set(words)) < 2:
        raise UserError(
            f"dataset tfds:{address.place}: expected two classes or more, found {len(set(words))}"
        )
    used = [name for name in features["label"].names if name in set(words)]
    classes, labels = labelled(words, used)

    def items() -> Iterator[bytes]:
        for split in chosen:
            for row in rows(split):
                image = row["image"]
                yield image if isinstance(image, bytes) else np.asarray(image).item()

    return Collection(classes, labels, splits, names, items)


def _builder(address: Address, data_dir: Path | None) -> Any:
    import tensorflow_datasets as tfds

    folder = data_dir or os.environ.get("ABLATION_DATA_DIR") or None
    try:
        builder = tfds.builder(address.place, data_dir=folder and str(folder))
        if not builder.info.splits:
            builder.download_and_prepare()
        return builder
    except Exception as error:
        raise UserError(f"dataset tfds:{address.place}: cannot be had ({short(error)})") from error
