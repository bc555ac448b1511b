"""The CIFAR family's original files, in an unpacked folder or in the archive they came in.

The binary files are plain bytes. The Python files are pickles, which can run code when loaded carelessly: an
archive's pickles are read only after its sha256 has proved to be the published one, and every pickle is read
by an unpickler that knows five harmless names and makes the arrays itself. Nothing is written to disk.
"""

import hashlib
import io
import pickle
import tarfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ablation.data.dataset import Arrays, Dataset, checked
from ablation.errors import UserError

Decoded = tuple[np.ndarray, np.ndarray]
PIXELS = 3 * 32 * 32


@dataclass(frozen=True)
class Batches:
    """The files of one form of a data set.

    Attributes:
        folder: the folder inside the archive.
        train, test: file names.
        decode: turns one file into images, shape (n, 3072), and labels, shape (n,); raises ValueError.
        sha256: of the archive, in hex; None where nothing in it is unpickled.
    """

    folder: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    decode: Callable[[bytes], Decoded]
    sha256: str | None = None

    def read_folder(self, folder: Path, dataset: Dataset) -> Arrays:
        """Read an unpacked folder.

        Raises:
            UserError: a file is missing or damaged.
        """
        files = {}
        for name in (*self.train, *self.test):
            try:
                files[name] = (folder / name).read_bytes()
            except OSError as error:
                raise UserError(f"{folder / name}: cannot be read ({error.strerror})") from error
        return self._arrays(folder, files, dataset)

    def read_archive(self, archive: Path, dataset: Dataset) -> Arrays:
        """Read an original `.tar.gz`; only the members with the expected names are looked at.

        Raises:
            UserError: not the published archive, truncated, or a member is missing or damaged.
        """
        files = {}
        try:
            with archive.open("rb") as raw:
                found = hashlib.file_digest(raw, "sha256").hexdigest()
                if self.sha256 not in (None, found):
                    raise UserError(
                        f"{archive}: not the published archive: expected sha256 {self.sha256}, found {found}"
                    )
                raw.seek(0)
                with tarfile.open(fileobj=raw, mode="r:gz") as tar:
                    for member in tar:
                        folder, _, name = member.name.rpartition("/")
                        if folder == self.folder and name in (*self.train, *self.test):
                            content = tar.extractfile(member)
                            files[name] = content.read() if content else b""
        except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
            raise UserError(f"{archive}: not a readable archive ({error})") from error
        return self._arrays(archive, files, dataset)

    def _arrays(self, path: Path, files: Mapping[str, bytes], dataset: Dataset) -> Arrays:
        train = self._split(path, files, self.train, dataset.train, dataset, "train")
        return Arrays(*train, *self._split(path, files, self.test, dataset.test, dataset, "test"))

    def _split(
        self,
        path: Path,
        files: Mapping[str, bytes],
        names: tuple[str, ...],
        number: int,
        dataset: Dataset,
        what: str,
    ) -> tuple[np.ndarray, ...]:
        parts = []
        for name in names:
            if name not in files:
                raise UserError(f"{path}: file {name} is missing")
            try:
                parts.append(self.decode(files[name]))
            except ValueError as error:
                raise UserError(f"{path / name}: {error}") from error
        labels = np.concatenate([part[1] for part in parts])
        if len(labels) != number:
            raise UserError(f"{path}: {what}: expected {number} images, found {len(labels)}")
        planes = np.concatenate([part[0] for part in parts]).reshape(-1, 3, 32, 32)
        return checked(path, dataset, np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels, what)


def binary(label_bytes: int) -> Callable[[bytes], Decoded]:
    """A decoder of records that are `label_bytes` labels, the last of which counts, and 3,072 pixels."""

    def decode(content: bytes) -> Decoded:
        record = label_bytes + PIXELS
        if len(content) % record:
            raise ValueError(f"expected records of {record} bytes, found {len(content)} bytes in all")
        records = np.frombuffer(content, np.uint8).reshape(-1, record)
        return records[:, label_bytes:], records[:, label_bytes - 1]

    return decode


def pickled(label_key: bytes) -> Callable[[bytes], Decoded]:
    """A decoder of pickled dictionaries that hold the pixels as `data` and the labels as `label_key`."""

    def decode(content: bytes) -> Decoded:
        try:
            batch = _Unpickler(io.BytesIO(content), encoding="bytes").load()
            images, labels = batch[b"data"].array(), np.array(batch[label_key])
        except Exception as error:  # a damaged pickle raises nearly anything
            raise ValueError(f"not a readable pickle ({type(error).__name__}: {error})") from error
        if images.shape[1:] != (PIXELS,) or labels.shape != images.shape[:1]:
            raise ValueError(f"expected n x {PIXELS} pixels, n labels; found {images.shape}, {labels.shape}")
        return images, labels

    return decode


class _Pixels:
    """Stands in for numpy's array while a pickle is read: keeps the bytes and runs no code of numpy."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, self.kind, self.columns_first, self.content = state

    def array(self) -> np.ndarray:
        if self.kind.name not in ("u1", b"u1") or self.columns_first:
            raise ValueError(f"expected pixels of type u1, row by row, found {self.kind.name!r}")
        return np.frombuffer(self.content, np.uint8).reshape(self.shape)


class _Kind:
    """Stands in for numpy's dtype."""

    def __init__(self, name: str | bytes, *_: object) -> None:
        self.name = name

    def __setstate__(self, state: object) -> None:
        pass


class _Unpickler(pickle.Unpickler):
    HARMLESS: Mapping[str, Callable[..., object]] = {
        "numpy.core.multiarray._reconstruct": lambda *_: _Pixels(),
        "numpy._core.multiarray._reconstruct": lambda *_: _Pixels(),
        "numpy.ndarray": _Pixels,
        "numpy.dtype": _Kind,
        "_codecs.encode": lambda text, *_: text.encode("latin1"),
    }

    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" not in self.HARMLESS:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a data set")
        return self.HARMLESS[f"{module}.{name}"]

    def persistent_load(self, pid: object) -> NoReturn:
        raise pickle.UnpicklingError("a persistent id has no place in a data set")
