"""A user's images as a data set like any other."""

import functools
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ablation.data import own, sources
from ablation.data.dataset import Dataset, Part, Taken, Wanted
from ablation.data.fingerprint import digests
from ablation.data.own.alike import alike
from ablation.data.own.collection import Collection, some
from ablation.data.own.decode import head, pixels_and_looks
from ablation.data.own.store import Stored, remembered, rows, store, stored
from ablation.data.own.workers import side_by_side
from ablation.data.sizes import Fit
from ablation.data.split import VAL, stratified
from ablation.errors import UserError

DEFAULT_SIDE, LARGEST_SIDE = 64, 256
HELD_OUT = 0.15
IMBALANCED = 3
IN_MEMORY = 512 * 2**20
DECODED = {"sha256": str, "unreadable": list}
LOOKED = {"classes": list, "number": int, "channels": int, "sizes": list, "notes": list}


@dataclass(frozen=True)
class Own(Dataset):
    """A user's images.

    Attributes:
        address: where they lie.
        data_dir: the data folder, for sets of tfds.
        key: of the files, as they lie there now.
        size: (height, width) to which images are brought.
        fit: how.
        said: what was noticed so far.
    """

    address: own.Address
    data_dir: Path | None
    key: str
    size: tuple[int, int]
    fit: Fit
    said: tuple[str, ...]

    def take(self, wanted: Wanted) -> Taken:
        """Decode what is not yet in the cache, and cut it; where fewer are there than wanted, all are taken."""
        found = self._decoded()
        notes = list(self.said)
        if found.unreadable:
            shown = some([f"{name} ({reason})" for name, reason in found.unreadable])
            notes.append(f"{len(found.unreadable)} file(s) cannot be read and are left out: {shown}")
        labels = found.labels
        here = np.arange(len(labels))
        numbers = found.digests
        if wanted.classes is not None:
            places = np.full(len(self.classes), -1, np.int32)
            places[list(wanted.classes)] = range(len(wanted.classes))
            labels = places[labels]
            here = here[labels >= 0]
        if wanted.classes is not None or wanted.seed:
            numbers = digests_of(found, here, labels, wanted.seed)
        order = here[np.argsort(numbers, kind="stable")]
        classes = len(self.classes if wanted.classes is None else wanted.classes)
        train, val, test = _cut(order, labels, found.splits, classes, wanted, notes)
        exact, near = _seen(found, np.concatenate([train, val]), test)
        if near:
            notes.append(f"{near} more test image(s) look like a training image (perceptual hash)")

        def part(chosen: np.ndarray) -> Part:
            return rows(found.images, chosen, found.folder, IN_MEMORY), labels[chosen]

        tested = part(test)
        source = f"{self.address.kind} {Path(self.address.place).name or self.name}, pixels sha256 {found.sha256[:16]}"
        return Taken(
            part(train), part(val) if len(val) else tested, tested, source, None, tuple(notes), exact
        )

    def _decoded(self) -> Stored:
        height, width = self.size
        key = f"{self.key}-{height}x{width}x{self.shape[2]}-{self.fit}"
        known = remembered("decoded", key, DECODED, self._decode)
        found = stored(known["sha256"], known["unreadable"])
        if found is None:
            known = self._decode()
            found = stored(known["sha256"], known["unreadable"])
        if found is None:
            raise UserError(f"dataset {self.name}: what was just written to the cache is not there any more")
        return found

    def _decode(self) -> dict[str, Any]:
        collection = own.module(self.address.kind).collect(self.address, self.data_dir)
        unreadable: list[list[str]] = []
        work = functools.partial(pixels_and_looks, channels=self.shape[2], size=self.size, fit=self.fit)

        def decoded() -> Iterator[tuple[int, np.ndarray, tuple[int, int]]]:
            for place, (found, look) in enumerate(side_by_side(work, collection.items())):
                if isinstance(found, str):
                    unreadable.append([collection.names[place], found])
                else:
                    yield place, found, look

        sha256 = store(decoded(), collection.labels, np.array(collection.splits), self.shape)
        found = stored(sha256, [])
        counts = np.bincount(found.labels, minlength=len(self.classes)) if found else np.zeros(1)
        if not counts.all():
            empty = self.classes[int(np.flatnonzero(counts == 0)[0])]
            first = f"; {unreadable[0][0]}: {unreadable[0][1]}" if unreadable else ""
            raise UserError(
                f"dataset {self.name}: class {empty}: expected images that can be read, found none{first}"
            )
        return {"sha256": sha256, "unreadable": unreadable}


def name_of(text: str) -> str:
    """What tables call a data set: the name of a known one, the last part of where a user's own images lie."""
    if not own.is_own(text):
        return text
    address = own.address(text)
    stem = address.stem
    return f"{stem}-{address.kind}" if stem in (*sources.names(), "auto") else stem


def opened(text: str, data_dir: Path | None, size: tuple[int, int] | None = None, fit: Fit = "crop") -> Own:
    """A user's data set, looked at but not decoded.

    Args:
        text: `KIND:PLACE`.
        data_dir: the data folder, for sets of tfds.
        size: (height, width) to which images are brought; None keeps the size that all of them have, and takes
            64 x 64 where they differ or are larger than 256.
        fit: how.

    Raises:
        UserError: there are no images there.
    """
    address = own.address(text)
    module = own.module(address.kind)
    told = f"{address.kind} {sorted(address.options)} {module.key(address, data_dir)}"
    return _opened(address, data_dir, hashlib.sha256(told.encode()).hexdigest()[:32], size, fit)


@functools.lru_cache(maxsize=8)
def _opened(
    address: own.Address, data_dir: Path | None, key: str, size: tuple[int, int] | None, fit: Fit
) -> Own:
    name = name_of(f"{address.kind}:{address.place}")
    seen = remembered(
        "looked", key, LOOKED, lambda: _look(name, own.module(address.kind).collect(address, data_dir))
    )
    sizes = [tuple(one) for one in seen["sizes"]]
    notes = list(seen["notes"])
    if size is None:
        size = sizes[0] if len(sizes) == 1 and max(sizes[0]) <= LARGEST_SIDE else (DEFAULT_SIDE, DEFAULT_SIDE)
        if sizes != [size]:
            span = " to ".join(f"{height}x{width}" for height, width in dict.fromkeys((sizes[0], sizes[-1])))
            notes.append(f"images of {span} are brought to {size[0]}x{size[1]}: data.size sets another size")
    number = seen["number"]
    shape = (*size, seen["channels"])
    return Own(
        name, name, tuple(seen["classes"]), shape, number, 0, address, data_dir, key, size, fit, tuple(notes)
    )


def _look(name: str, collection: Collection) -> dict[str, Any]:
    """Sizes and colours by the heads of the files."""
    heads = [found for found in side_by_side(head, collection.items()) if found]
    if not heads:
        raise UserError(f"dataset {name}: expected images, found none that can be read")
    sizes = sorted({found[:2] for found in heads}, key=lambda size: (size[0] * size[1], size))
    kinds = Counter(found[2] for found in heads)
    notes = list(collection.notes)
    if len(kinds) > 1:
        notes.append(f"{kinds[1]} grey image(s) among {kinds[3]} in colour: all are taken as RGB")
    return {
        "classes": list(collection.classes),
        "number": len(collection.labels),
        "channels": max(kinds),
        "sizes": [sizes[0], sizes[-1]] if len(sizes) > 1 else sizes,
        "notes": notes,
    }


def digests_of(found: Stored, here: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """The `digests` of some stored images, a few thousand at a time."""
    pieces = [here[start : start + 4096] for start in range(0, len(here), 4096)]
    return np.concatenate(
        [np.zeros(0, np.uint64), *(digests(found.images[piece], labels[piece], seed) for piece in pieces)]
    )


def _cut(
    order: np.ndarray,
    labels: np.ndarray,
    splits: np.ndarray,
    classes: int,
    wanted: Wanted,
    notes: list[str],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices of training, validation and test images; the first and the last of a split that was given lie in it."""
    given = splits[order]
    rest, for_val, tests = (order[np.isin(given, names)] for names in (("", "train"), ("val",), ("test",)))
    if not len(rest):
        raise UserError("train: expected training images, found only validation or test images")
    if not len(tests):
        tests, rest = _some(rest, labels, classes, max(classes, round(HELD_OUT * len(rest))), leave=1)
        notes.append(
            f"no test split is given: {len(tests)} images, of every class its share, are kept for testing"
        )
    test, _ = _some(tests, labels, classes, _at_most("test", wanted.test, len(tests), notes))
    rest = wanted.drawn(rest)

    asked, own_val = VAL if wanted.val is None else wanted.val, len(for_val) > 0
    if asked == 0:
        val = rest[:0]
        if own_val:
            notes.append(
                f"the {len(for_val)} validation images that are given are not looked at in this protocol"
            )
    elif own_val:
        number = _at_most("val", wanted.val, len(for_val), notes)
        val, _ = _some(for_val, labels, classes, number)
    else:
        if asked + (wanted.train or 1) > len(rest):
            number = min(asked, max(1, round(HELD_OUT * len(rest))))
            notes.append(f"val: {asked} asked for, {number} of {len(rest)} training images are taken")
            asked = number
        val, rest = _some(rest, labels, classes, asked, leave=1)
    train, _ = _some(rest, labels, classes, _at_most("train", wanted.train, len(rest), notes))
    return train, val, test


def _at_most(split: str, asked: int | None, there: int, notes: list[str]) -> int:
    if asked is not None and asked > there:
        notes.append(f"{split}: {asked} asked for, {there} there: all are taken")
    return there if asked is None else min(asked, there)


def _some(
    order: np.ndarray, labels: np.ndarray, classes: int, number: int, leave: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """As `stratified`, but by each class' share where one is several times as frequent as another.

    Args:
        order: indices.
        labels: of all.
        classes: how many there are.
        number: how many to take, at most.
        leave: of an imbalanced class at least so many are left.
    """
    own_labels = labels[order]
    counts = np.bincount(own_labels, minlength=classes)
    if counts.max(initial=0) <= IMBALANCED * counts[counts > 0].min(initial=len(order) + 1):
        return stratified(order, labels, classes, min(number, len(order)))
    limits = np.minimum(_portions(number, counts), np.maximum(counts - leave, 0))
    rank = np.empty(len(order), int)
    for label in range(classes):
        here = np.flatnonzero(own_labels == label)
        rank[here] = np.arange(len(here))
    taken = rank < limits[own_labels]
    return order[taken], order[~taken]


def _portions(number: int, counts: np.ndarray) -> np.ndarray:
    """Share a number out in proportion to counts: whole parts, one at least, then the largest remainders."""
    if number >= counts.sum():
        return counts.copy()
    exact = number * counts / counts.sum()
    given = np.floor(exact).astype(int)
    first = np.lexsort((-(exact - given), (given > 0) | (counts == 0)))
    given[first[: number - given.sum()]] += 1
    return given


def _seen(found: Stored, train: np.ndarray, test: np.ndarray) -> tuple[int, int]:
    """How many test images the network has seen, to the last byte and by their looks alone."""
    exact = np.isin(found.pixels[test], found.pixels[train])
    near = alike(found.looks[test], found.looks[train]) & ~exact
    return int(exact.sum()), int(near.sum())
