"""A request for images: what a trial is trained and judged on, read once a process."""

import functools
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ablation.data import Splits, load, redrawn
from ablation.data.sizes import Sizes
from ablation.errors import UserError


@dataclass(frozen=True)
class DataRequest:
    """How to get a trial's data: a process reads them once and keeps them.

    Attributes:
        dataset: as `ablation.data.choose` gives it.
        data_dir: the user's folder, or None.
        protocol: `lecture` cuts no validation set from the training images.
        sizes: numbers and size of images.
        draw: the seed whose own part it is; None for the part that belongs to no seed.
    """

    dataset: str
    data_dir: Path | None
    protocol: str
    sizes: Sizes
    draw: int | None = None

    def of_seed(self, seed: int) -> "DataRequest":
        """What a trial of this seed takes: a part of its own, where the sizes say so."""
        return replace(self, draw=seed) if self.sizes.draw == "seed" else self

    @property
    def shared(self) -> "DataRequest":
        """The part that belongs to no seed."""
        return replace(self, draw=None)


MOST_BYTES = 2e9


class Cache:
    """Data sets read, up to a number of bytes: the one asked for longest ago makes room, the last one stays.

    Seeds take turns, so of the parts that they draw of the same data set only the last one is kept.
    """

    def __init__(self, most_bytes: float = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._splits: OrderedDict[DataRequest, Splits] = OrderedDict()

    def __len__(self) -> int:
        return len(self._splits)

    def get(self, request: DataRequest, read: Callable[[], Splits]) -> Splits:
        """The splits of a request, read where they are not there."""
        if request not in self._splits:
            splits = read()
            if request.draw is not None:
                for other in [one for one in self._splits if one.shared == request.shared != one]:
                    del self._splits[other]
            self._splits[request] = splits
        self._splits.move_to_end(request)
        while len(self._splits) > 1 and _bytes(self._splits.values()) > self._most_bytes:
            self._splits.popitem(last=False)
        return self._splits[request]


def _bytes(held: Iterable[Splits]) -> int:
    """Of all images; those that several hold count once."""
    arrays = (images for splits in held for images in (splits.x_train, splits.x_val, splits.x_test))
    return sum(one.nbytes for one in {id(one): one for one in arrays}.values())


@functools.cache
def _cache() -> Cache:
    return Cache()


def read_data(request: DataRequest) -> Splits:
    """The splits that a request names.

    Raises:
        UserError: as `ablation.data.load`, or more images than memory holds.
    """
    sizes = request.sizes
    given: dict[str, Any] = {
        "data_dir": request.data_dir,
        "train": sizes.train,
        "val": 0 if request.protocol == "lecture" else sizes.val,
        "classes": sizes.classes,
        "size": sizes.height_and_width,
        "fit": sizes.fit,
    }

    def read() -> Splits:
        try:
            if request.draw is not None:
                return redrawn(read_data(request.shared), request.dataset, request.draw, **given)
            return load(request.dataset, test=sizes.test, keep=sizes.draw == "seed", **given)
        except MemoryError as error:
            raise UserError(
                f"data: {request.dataset} with {sizes} needs more memory than there is"
            ) from error

    return _cache().get(request, read)


@functools.cache
def sha256_of(request: DataRequest) -> str:
    """The sha256 of the splits that a request names, without keeping them.

    Raises:
        UserError: as `read_data`.
    """
    return read_data(request).sha256


def keep_data(request: DataRequest, get: Callable[[], Splits]) -> None:
    """Have `read_data` give these splits; they are got where they are not there."""
    _cache().get(request, get)
