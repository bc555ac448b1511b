"""Other test images for networks that are trained: a file, a folder of corruptions, or another data set."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ablation.data.formats.npz import members, read_members
from ablation.data.formats.reading import reading
from ablation.data.load import load, shape_and_classes
from ablation.data.own.kinds.npz import PAIRS
from ablation.data.sources import names
from ablation.errors import UserError, did_you_mean
from ablation.streams import generator

CORRUPTED, LABELS = "corrupted", "labels.npy"
SEVERITIES = 5
KINDS = ("npz", CORRUPTED)
EXPECTED = "expected a name of `ablation list datasets`, npz:FILE or corrupted:FOLDER"


@dataclass(frozen=True)
class HeldOut:
    """Test images.

    Attributes:
        name: what tables call them.
        x: uint8, shape (n, height, width, channels).
        y: int32, shape (n,).
    """

    name: str
    x: np.ndarray
    y: np.ndarray

    @property
    def sha256(self) -> str:
        """Of both arrays, in hex."""
        whole = hashlib.sha256(np.ascontiguousarray(self.x).data)
        whole.update(np.ascontiguousarray(self.y).data)
        return whole.hexdigest()


def held_out(
    text: str, classes: Sequence[str], shape: tuple[int, ...], data_dir: Path | None
) -> Iterator[HeldOut]:
    """The test images that a text names, a set at a time.

    Args:
        text: a data set's name; `npz:FILE` with images and labels under their usual names, as CIFAR-10.1 has them; or
            `corrupted:FOLDER` with `labels.npy` and one file a corruption, as CIFAR-10-C has them, whose five
            severities stand one behind the other and make a set each.
        classes: that the networks know, in order.
        shape: of an image that they take.
        data_dir: as for `load`.

    Raises:
        UserError: there are none, they are damaged, or they are no images of such classes.
    """
    kind, colon, place = text.partition(":")
    if not colon:
        if text not in names():
            raise UserError(f"--dataset: unknown '{text}'{did_you_mean(text, names())}; {EXPECTED}")
        _, number = shape_and_classes(text, data_dir)
        found = load(text, data_dir=data_dir, train=number, val=0)
        if tuple(found.classes) != tuple(classes):
            raise UserError(
                f"--dataset {text}: expected the classes {', '.join(classes[:3])}, ... of the run"
            )
        yield _checked(HeldOut(text, found.x_test, found.y_test), classes, shape)
    elif kind == "npz":
        yield _checked(_of_npz(Path(place)), classes, shape)
    elif kind == CORRUPTED:
        yield from (_checked(one, classes, shape) for one in _of_corruptions(Path(place)))
    else:
        raise UserError(f"--dataset {text}: {EXPECTED}")


def with_wrong_labels(images: HeldOut, rate: float, classes: int) -> HeldOut:
    """The same images, a share of their labels replaced by other ones, always the same of the same number of images."""
    rng = generator(0, "label noise")
    wrong = rng.permutation(len(images.y))[: round(rate * len(images.y))]
    labels = images.y.copy()
    labels[wrong] = (labels[wrong] + rng.integers(1, classes, len(wrong))) % classes
    return replace(images, name=f"{images.name}+noise{rate:g}", y=labels.astype(np.int32))


def _of_npz(file: Path) -> HeldOut:
    here = members(file)
    pairs = dict(PAIRS)
    for x, y in (*pairs["test"], *pairs[""]):
        if {x, y} <= set(here):
            return HeldOut(file.stem, *read_members(file, (x, y)))
    raise UserError(
        f"{file}: expected arrays x_test and y_test, or x and y, found {', '.join(here) or 'none'}"
    )


def _of_corruptions(folder: Path) -> Iterator[HeldOut]:
    labels = _array(folder / LABELS)
    files = sorted(file for file in folder.glob("*.npy") if file.name != LABELS)
    if not files:
        raise UserError(f"{folder}: expected a file of images a corruption, like fog.npy, found none")
    for file in files:
        images = _array(file)
        if images.shape[:1] != labels.shape[:1] or len(labels) % SEVERITIES:
            raise UserError(
                f"{file}: expected {len(labels)} images, one a label, of {SEVERITIES} severities, found {len(images)}"
            )
        each = len(labels) // SEVERITIES
        for severity in range(SEVERITIES):
            part = slice(severity * each, (severity + 1) * each)
            yield HeldOut(f"{file.stem}-{severity + 1}", images[part], labels[part])


def _array(file: Path) -> np.ndarray:
    with reading(file, "npy file"):
        found = np.load(file, allow_pickle=False)
        if not isinstance(found, np.ndarray) or not found.ndim:
            raise ValueError("expected one array")
        return found


def _checked(images: HeldOut, classes: Sequence[str], shape: tuple[int, ...]) -> HeldOut:
    x, y = images.x, images.y
    x = x[..., None] if x.ndim == 3 and shape[-1] == 1 else x
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    where = f"--dataset {images.name}"
    if x.dtype != np.uint8 or x.shape[1:] != tuple(shape) or not len(x):
        raise UserError(
            f"{where}: expected images of type uint8 and shape {shape}, found {x.dtype}, {x.shape}"
        )
    if y.shape != (len(x),) or y.dtype.kind not in "ui":
        raise UserError(f"{where}: expected {len(x)} whole numbers as labels, found {y.dtype}, {y.shape}")
    if int(y.min()) < 0 or int(y.max()) >= len(classes):
        raise UserError(f"{where}: expected labels in 0-{len(classes) - 1}, found {y.min()} to {y.max()}")
    return replace(images, x=x, y=y.astype(np.int32))
