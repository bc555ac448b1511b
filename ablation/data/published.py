"""A data set that others published and that lies in files."""

from dataclasses import dataclass

from ablation.data.dataset import Arrays, Dataset, Place, Taken, Wanted
from ablation.data.find import find, ways_out
from ablation.data.fingerprint import digests, fingerprint
from ablation.data.formats import prepared
from ablation.data.split import cut, only
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
        arrays, source = self._read(wanted)
        published = self._is_published(arrays)
        title = self.title
        if wanted.classes is not None:
            x, y, x_test, y_test = arrays
            arrays = Arrays(*only(x, y, wanted.classes), *only(x_test, y_test, wanted.classes))
            title = f"this part of {title}"
        classes = len(self.classes if wanted.classes is None else wanted.classes)
        notes = (f"the images are not the published ones: {self.told(False)}",) if published is False else ()
        return Taken(*cut(title, classes, arrays, wanted), source, published, notes)

    def _read(self, wanted: Wanted) -> tuple[Arrays, str]:
        found = find(self, wanted.data_dir)
        if found:
            return found.place.read(found.path, self), f"{found.place.kind} {found.place.path}"
        if wanted.may_download:
            return prepared.download(self), f"tfds folder {self.name}/{self.version}, downloaded"
        raise UserError(f"{self.title} is not at hand and must not be downloaded; {ways_out(self)}")

    def _is_published(self, arrays: Arrays) -> bool | None:
        if not self.fingerprint:
            return None
        if (len(arrays.y_train), len(arrays.y_test)) != (self.train, self.test):
            return False
        splits = (digests(arrays.x_train, arrays.y_train), digests(arrays.x_test, arrays.y_test))
        return fingerprint(splits) == self.fingerprint
