"""A request for images: what a trial is trained and judged on, read once a process."""

import functools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ablation.data import Splits, load
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
    """

    dataset: str
    data_dir: Path | None
    protocol: str
    sizes: Sizes


MOST_BYTES = 2e9


class Cache:
    """Data sets read, up to a number of bytes: the one asked for longest ago makes room, the last one stays."""

    def __init__(self, most_bytes: float = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._splits: OrderedDict[DataRequest, Splits] = OrderedDict()

    def get(self, request: DataRequest, read: Callable[[], Splits]) -> Splits:
        """The splits of a request, read where they are not there."""
        if request not in self._splits:
            self._splits[request] = read()
        self._splits.move_to_end(request)
        while len(self._splits) > 1 and sum(map(_bytes, self._splits.values())) > self._most_bytes:
            self._splits.popitem(last=False)
        return self._splits[request]


def _bytes(splits: Splits) -> int:
    return sum(one.nbytes for one in (splits.x_train, splits.x_val, splits.x_test))


@functools.cache
def _cache() -> Cache:
    return Cache()


def read_data(request: DataRequest) -> Splits:
    """The splits that a request names.

    Raises:
        UserError: as `ablation.data.load`, or more images than memory holds.
    """

    def read() -> Splits:
        sizes = request.sizes
        try:
            return load(
                request.dataset,
                data_dir=request.data_dir,
                train=sizes.train,
                val=0 if request.protocol == "lecture" else sizes.val,
                test=sizes.test,
                classes=sizes.classes,
                size=sizes.height_and_width,
                fit=sizes.fit,
            )
        except MemoryError as error:
            raise UserError(
                f"data: {request.dataset} with {sizes} needs more memory than there is"
            ) from error

    return _cache().get(request, read)


def keep_data(request: DataRequest, get: Callable[[], Splits]) -> None:
    """Have `read_data` give these splits; they are got where they are not there."""
    _cache().get(request, get)
