"""The CIFAR family's original files, in an unpacked folder or in the archive they came in.

The binary files are plain bytes. The Python files are pickles, which can run code when loaded carelessly: an
archive's pickles are read only after its sha256 has proved to be the published one, and every pickle is read
by an unpickler that knows a few harmless names and makes the arrays itself. Nothing is written to disk. The pickles
may be Python 2's, as published, or Python 3's: text keys, any protocol, labels as a list or an array.
"""

import hashlib
import io
import pickle
import re
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ablation.data.dataset import Arrays, Dataset, checked
from ablation.data.formats.reading import reading
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
            file = folder / name
            if file.exists() and not file.is_file():
                raise UserError(f"{file}: cannot be read (expected a file)")
            try:
                files[name] = file.read_bytes()
            except OSError as error:
                raise UserError(f"{file}: cannot be read ({error.strerror})") from error
        return self._arrays(folder, files, dataset)

    def is_it(self, folder: Path) -> bool:
        """Whether a folder of any name holds all of these files."""
        return all((folder / name).is_file() for name in (*self.train, *self.test))

    def read_archive(self, archive: Path, dataset: Dataset) -> Arrays:
        """Read an original `.tar.gz`; only the members with the expected names are looked at.

        Raises:
            UserError: not the published archive, truncated, or a member is missing or damaged.
        """
        files = {}
        with reading(archive, "archive"), archive.open("rb") as raw:
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
                        if not member.isreg():
                            raise UserError(f"{archive}/{name}: expected a file, found a link or folder")
                        content = tar.extractfile(member)
                        files[name] = content.read() if content else b""
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


def pickled(label_key: str) -> Callable[[bytes], Decoded]:
    """A decoder of pickled dictionaries that hold the pixels as `data` and the labels as `label_key`."""

    def decode(content: bytes) -> Decoded:
        try:
            batch = _Unpickler(io.BytesIO(content), encoding="bytes").load()
            images, labels = (_array(_entry(batch, key)) for key in ("data", label_key))
        except Exception as error:  # a damaged pickle raises nearly anything
            raise ValueError(f"not a readable pickle ({type(error).__name__}: {error})") from error
        if images.dtype != np.uint8:
            raise ValueError(f"expected pixels of type uint8, found {images.dtype}")
        if images.shape[1:] != (PIXELS,) or labels.shape != images.shape[:1]:
            raise ValueError(f"expected n x {PIXELS} pixels, n labels; found {images.shape}, {labels.shape}")
        return images, labels

    return decode


def _entry(batch: Mapping[Any, Any], key: str) -> Any:
    """Python 2's keys are bytes, Python 3's may be text."""
    return batch[key.encode()] if key.encode() in batch else batch[key]


def _array(pickled: Any) -> np.ndarray:
    if isinstance(pickled, _Numbers):
        return pickled.array()
    return np.array([one.array()[0] if isinstance(one, _Numbers) else one for one in pickled])


class _Kind:
    """Stands in for numpy's dtype: a type of whole numbers."""

    def __init__(self, name: str | bytes, *_: object) -> None:
        self.name = name.decode("ascii") if isinstance(name, bytes) else name
        self.order = "|"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1]
        self.order = order.decode("ascii") if isinstance(order, bytes) else order

    def dtype(self) -> np.dtype:
        if not re.fullmatch("[iu][1248]", self.name) or self.order not in ("|", "=", "<", ">"):
            raise ValueError(f"expected numbers of type u1 or another whole one, found {self.name!r}")
        return np.dtype(self.order.replace("|", "") + self.name)


class _Numbers:
    """Stands in for numpy's array while a pickle is read: keeps the bytes and runs no code of numpy."""

    def __init__(
        self,
        content: Any = b"",
        kind: _Kind | None = None,
        shape: tuple[int, ...] = (),
        order: str | bytes = "C",
    ) -> None:
        self.content, self.kind, self.shape, self.order = content, kind, shape, order

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, self.kind, columns_first, self.content = state
        self.order = "F" if columns_first else "C"

    def array(self) -> np.ndarray:
        assert self.kind is not None
        flat = np.frombuffer(self.content, self.kind.dtype())
        return flat.reshape(self.shape, order="F" if self.order in ("F", b"F") else "C")


def _scalar(kind: _Kind, content: bytes) -> _Numbers:
    return _Numbers(content, kind, (1,))


class _Unpickler(pickle.Unpickler):
    HARMLESS: Mapping[str, Callable[..., object]] = {
        **{
            f"numpy.{core}.{name}": stand_in
            for core in ("core", "_core")
            for name, stand_in in (
                ("multiarray._reconstruct", lambda *_: _Numbers()),
                ("multiarray.scalar", _scalar),
                ("numeric._frombuffer", _Numbers),
            )
        },
        "numpy.ndarray": _Numbers,
        "numpy.dtype": _Kind,
        "_codecs.encode": lambda text, *_: text.encode("latin1"),
        "builtins.bytearray": lambda content=b"", *_: bytes(content),
    }

    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" not in self.HARMLESS:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a data set")
        return self.HARMLESS[f"{module}.{name}"]

    def persistent_load(self, pid: object) -> NoReturn:
        raise pickle.UnpicklingError("a persistent id has no place in a data set")
