"""`npz:FILE`: arrays of images and labels in one file, under the names that are usual for them.

Pixels may be uint8, any other whole numbers in 0-255, 16 bit, or floats in 0-1, -1 to 1 or 0-255. Channels stand last
or first; where both could be, `?layout=nhwc` or `?layout=nchw` says it, and `?range=LOW..HIGH` says what floats mean.
"""

from pathlib import Path

import numpy as np

from ablation.data.formats.npz import members, read_members
from ablation.data.own import Address
from ablation.data.own.collection import Collection, existing, labelled, looks_of
from ablation.errors import UserError

NUMBER = r"-?[0-9]+(\.[0-9]+)?"
OPTIONS = {"layout": "nhwc|nchw", "range": rf"{NUMBER}\.\.{NUMBER}"}
CHANNELS = (1, 3, 4)
PAIRS = (
    (
        "",
        (
            ("x", "y"),
            ("X", "y"),
            ("images", "labels"),
            ("data", "labels"),
            ("data", "targets"),
            ("arr_0", "arr_1"),
        ),
    ),
    ("train", (("x_train", "y_train"), ("X_train", "y_train"), ("train_images", "train_labels"))),
    ("val", (("x_val", "y_val"), ("X_val", "y_val"), ("x_valid", "y_valid"), ("val_images", "val_labels"))),
    ("test", (("x_test", "y_test"), ("X_test", "y_test"), ("test_images", "test_labels"))),
)


def key(address: Address, data_dir: Path | None) -> str:
    """Of the file."""
    return looks_of([existing(address.place, "npz").resolve()])


def collect(address: Address, data_dir: Path | None) -> Collection:
    """All pairs of arrays in the file.

    Raises:
        UserError: no such pair, shapes or types that are no images and labels, or a layout that must be said.
    """
    file, options = existing(address.place, "npz"), dict(address.options)
    here = members(file)
    pairs = [(split, *pair) for split, usual in PAIRS for pair in usual if set(pair) <= set(here)]
    if not pairs:
        raise UserError(
            f"{file.name}: expected arrays x and y or x_train and y_train, found {', '.join(here)}"
        )
    images: list[np.ndarray] = []
    splits: list[str] = []
    words: list[str] = []
    names: list[str] = []
    for split, x_key, y_key in pairs:
        x, y = read_members(file, (x_key, y_key))
        x = _pixels(f"{file.name}: {x_key}", x, options)
        y = _labels(f"{file.name}: {y_key}", y, len(x))
        images.append(x)
        words += [str(label) for label in y.tolist()]
        splits += [split] * len(x)
        names += [f"{x_key}[{i}]" for i in range(len(x))]
    classes, labels = labelled(words)
    if len(classes) < 2:
        raise UserError(f"{file.name}: expected two classes or more, found {len(classes)}")
    return Collection(classes, labels, splits, names, lambda: (x for array in images for x in array))


def _pixels(where: str, x: np.ndarray, options: dict[str, str]) -> np.ndarray:
    if x.ndim == 3:
        x = x[..., None]
    if x.ndim != 4 or not len(x):
        raise UserError(f"{where}: expected images of shape (n, height, width, channels), found {x.shape}")
    last, first = x.shape[3] in CHANNELS, x.shape[1] in CHANNELS
    layout = options.get("layout") or ("nhwc" if last and not first else "nchw" if first and not last else "")
    if not layout:
        told = "could stand first or last" if last and first else "are not 1, 3 or 4 first or last"
        raise UserError(f"{where}: channels {told} in shape {x.shape}: say ?layout=nhwc or ?layout=nchw")
    x = x.transpose(0, 2, 3, 1) if layout == "nchw" else x
    if x.shape[3] not in CHANNELS:
        raise UserError(f"{where}: expected 1, 3 or 4 channels in layout {layout}, found {x.shape[3]}")
    return np.ascontiguousarray(_bytes(where, x[..., :3], options))


def _bytes(where: str, x: np.ndarray, options: dict[str, str]) -> np.ndarray:
    if x.dtype == bool:
        return x.astype(np.uint8) * 255
    if x.dtype.kind not in "uif":
        raise UserError(f"{where}: expected pixels as numbers, found {x.dtype}")
    low, high = float(x.min()), float(x.max())
    if not np.isfinite([low, high]).all():
        raise UserError(f"{where}: expected finite pixels, found NaN or infinity")
    if "range" in options:
        bottom, top = map(float, options["range"].split(".."))
        if not bottom <= low <= high <= top or bottom == top:
            raise UserError(
                f"{where}: range: expected pixels in {bottom:g}-{top:g}, found {low:g} to {high:g}"
            )
        return np.rint((x.astype(np.float64) - bottom) / (top - bottom) * 255).astype(np.uint8)
    if x.dtype.kind in "ui" or (high > 1 and low >= 0):
        if low >= 0 and high <= 255:
            return x if x.dtype == np.uint8 else np.rint(x).astype(np.uint8)
        if x.dtype == np.uint16:
            return ((x.astype(np.uint32) + 128) // 257).astype(np.uint8)
    elif low >= -1 and high <= 1:
        bottom = -1.0 if low < 0 else 0.0
        return np.rint((x.astype(np.float64) - bottom) / (1 - bottom) * 255).astype(np.uint8)
    raise UserError(f"{where}: pixels from {low:g} to {high:g}: say what they mean by ?range=LOW..HIGH")


def _labels(where: str, y: np.ndarray, number: int) -> np.ndarray:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and y.dtype.kind in "uifb" and (y.sum(axis=1) == 1).all() and np.isin(y, (0, 1)).all():
        y = y.argmax(axis=1)
    if y.shape != (number,):
        raise UserError(f"{where}: expected {number} labels, one for each image, found shape {y.shape}")
    if y.dtype.kind == "f" and (y == np.rint(y)).all():
        y = y.astype(np.int64)
    if y.dtype.kind not in "uiUSb":
        raise UserError(f"{where}: expected labels as whole numbers or text, found {y.dtype}")
    return y.astype(str) if y.dtype.kind == "S" else y
