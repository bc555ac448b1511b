"""Folders prepared by TensorFlow Datasets, and downloads through it.

The only module of the data package that imports TensorFlow, and only while it reads.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ablation.data.dataset import Arrays, Dataset, checked
from ablation.data.find import ways_out
from ablation.data.formats.reading import reading, short
from ablation.errors import UserError

if TYPE_CHECKING:
    from ablation.data.published import Published


def is_it(name: str, version: str) -> Callable[[Path], bool]:
    """Whether a folder of any name is the prepared one of a data set: what its `dataset_info.json` says."""

    def look(folder: Path) -> bool:
        try:
            info = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))
            return (info["name"], info["version"]) == (name, version)
        except (OSError, ValueError, LookupError, TypeError):
            return False

    return look


def read(folder: Path, dataset: Dataset) -> Arrays:
    """Read both splits of a prepared folder, e.g. `cifar10/3.0.2`.

    Raises:
        UserError: the folder is empty, truncated or of another data set.
    """
    import tensorflow_datasets as tfds

    with reading(folder, "tfds folder"):
        builder = tfds.builder_from_directory(folder)
        splits = [_read_split(builder, split, dataset) for split in ("train", "test")]
    train, test = (
        checked(folder, dataset, *arrays, what)
        for arrays, what in zip(splits, ("train", "test"), strict=True)
    )
    return Arrays(*train, *test)


def download(dataset: "Published") -> Arrays:
    """Download and prepare a data set into tfds' own cache, with its progress bars, and read it.

    Raises:
        UserError: no network, or what came is not what was published; says what else can be done.
    """
    import requests
    import tensorflow_datasets as tfds

    try:
        requests.head(dataset.url, timeout=20).raise_for_status()  # tfds itself would try for minutes
        builder = tfds.builder(f"{dataset.name}:{dataset.version}")
        builder.download_and_prepare()
    except requests.RequestException as error:
        raise UserError(f"{dataset.title}: {dataset.url} cannot be reached; {ways_out(dataset)}") from error
    except Exception as error:
        raise UserError(f"{dataset.title}: download failed ({short(error)}); {ways_out(dataset)}") from error
    return read(Path(builder.data_dir), dataset)


def _read_split(builder: Any, split: str, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """One split, a thousand images at a time: `as_dataset` hands on single ones, in twice the time."""
    import tensorflow as tf

    record = {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)}

    def decode(png: Any) -> Any:
        return tf.ensure_shape(tf.io.decode_png(png), dataset.shape)

    def parse(records: Any) -> Any:
        parsed = tf.io.parse_example(records, record)
        return tf.map_fn(decode, parsed["image"], fn_output_signature=tf.uint8), parsed["label"]

    info = builder.info.splits[split]
    files = [str(path) for path in info.filepaths]
    number = info.num_examples
    images, labels = np.empty((number, *dataset.shape), np.uint8), np.empty(number, np.int32)
    done = 0
    for x, y in tf.data.TFRecordDataset(files).batch(1000).map(parse).as_numpy_iterator():
        here = slice(done, done + len(y))
        images[here], labels[here] = x, y
        done = here.stop
    if done != number:
        raise ValueError(f"{split}: expected {number} images, found {done}")
    return images, labels
