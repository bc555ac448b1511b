"""A data set that others published and that lies in files."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ablation.data.dataset import Arrays, Dataset, Place, Taken, Wanted
from ablation.data.find import find, ways_out
from ablation.data.fingerprint import digests, fingerprint
from ablation.data.formats import prepared
from ablation.data.split import cut, only, shuffled
from ablation.errors import UserError


@dataclass(frozen=True)
class Published(Dataset):
    """A published data set.

    Attributes:
        version: of the tfds folder.
        url: of a file that tfds downloads.
        places: the forms that can be read, the fastest first.
        keras: the folder of Keras' cache into which Keras unpacks the archive.
        fingerprint: of the published images (`ablation.data.fingerprint`); empty where it is not known here.
    """

    version: str
    url: str
    places: tuple[Place, ...]
    keras: str = ""
    fingerprint: str = ""

    def take(self, wanted: Wanted) -> Taken:
        """Read the whole data set, know it by its content, and cut it."""
        read, of_classes = (_kept, _kept_of_classes) if wanted.keep else (_read, _of_classes)
        found = of_classes(read(self, wanted.data_dir, wanted.may_download), wanted.classes, wanted.seed)
        title = self.title if wanted.classes is None else f"this part of {self.title}"
        classes = len(self.classes if wanted.classes is None else wanted.classes)
        notes = (
            (f"the images are not the published ones: {self.told(False)}",)
            if found.published is False
            else ()
        )
        parts = cut(title, classes, found.arrays, wanted, found.order)
        return Taken(*parts, found.source, found.published, notes)

    def read(self, data_dir: Path | None, may_download: bool) -> tuple[Arrays, str]:
        """The whole data set, and where it came from.

        Raises:
            UserError: it is not at hand, or its files are damaged.
        """
        found = find(self, data_dir)
        if found:
            return found.place.read(found.path, self), f"{found.place.kind} {found.place.path}"
        if may_download:
            return prepared.download(self), f"tfds folder {self.name}/{self.version}, downloaded"
        raise UserError(f"{self.title} is not at hand and must not be downloaded; {ways_out(self)}")

    def is_published(self, arrays: Arrays) -> bool | None:
        """Whether these are the published images; None where nobody can say."""
        if not self.fingerprint:
            return None
        if (len(arrays.y_train), len(arrays.y_test)) != (self.train, self.test):
            return False
        splits = (digests(arrays.x_train, arrays.y_train), digests(arrays.x_test, arrays.y_test))
        return fingerprint(splits) == self.fingerprint


@dataclass(frozen=True, eq=False)
class _Read:
    """A data set as it was read."""

    arrays: Arrays
    source: str
    published: bool | None


@dataclass(frozen=True, eq=False)
class _OfClasses(_Read):
    """What is of some classes; `order` as `shuffled` has the training images."""

    order: np.ndarray


def _read(dataset: Published, data_dir: Path | None, may_download: bool) -> _Read:
    arrays, source = dataset.read(data_dir, may_download)
    return _Read(arrays, source, dataset.is_published(arrays))


def _of_classes(whole: _Read, classes: tuple[int, ...] | None, seed: int) -> _OfClasses:
    arrays = whole.arrays
    if classes is not None:
        x, y, x_test, y_test = arrays
        arrays = Arrays(*only(x, y, classes), *only(x_test, y_test, classes))
    order = shuffled(arrays.x_train, arrays.y_train, seed)
    return _OfClasses(arrays, whole.source, whole.published, order)


_kept = functools.lru_cache(maxsize=1)(_read)
_kept_of_classes = functools.lru_cache(maxsize=2)(_of_classes)
