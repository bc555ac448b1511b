"""A request for images: what a trial is trained and judged on, read once a process."""

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
        dataset: name.
        data_dir: the user's folder, or None.
        protocol: `lecture` cuts no validation set from the training images.
        sizes: numbers of images.
    """

    dataset: str
    data_dir: Path | None
    protocol: str
    sizes: Sizes


_splits: dict[DataRequest, Splits] = {}


def read_data(request: DataRequest) -> Splits:
    """The splits that a request names.

    Raises:
        UserError: as `ablation.data.load`, or more images than memory holds.
    """
    if request not in _splits:
        sizes = request.sizes
        val = 0 if request.protocol == "lecture" else sizes.val
        try:
            _splits[request] = load(
                request.dataset,
                data_dir=request.data_dir,
                train=sizes.train,
                val=val,
                test=sizes.test,
                classes=sizes.classes,
            )
        except MemoryError as error:
            raise UserError(
                f"data: {request.dataset} with {sizes} needs more memory than there is"
            ) from error
    return _splits[request]


def keep_data(request: DataRequest, get: Callable[[], Splits]) -> None:
    """Have `read_data` give these splits; they are got once a process."""
    if request not in _splits:
        _splits[request] = get()
