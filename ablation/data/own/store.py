"""Decoded images on disk: written once, read as a memory map ever after.

<cache>/looked/<key>.json                what files hold, known again by their names, sizes and times
<cache>/decoded/<key>-<size>.json        which pixels they gave
<cache>/pixels/<sha256>/*.npy            these pixels, with labels, splits and hashes
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ablation.data.find import at_home
from ablation.data.fingerprint import digests
from ablation.errors import UserError
from ablation.files import replacing, write_atomically

VERSION = 1
UINT64 = np.dtype("<u8")


@dataclass(frozen=True)
class Stored:
    """Decoded images.

    Attributes:
        images: a memory map, uint8, shape (n, height, width, channels).
        labels: int32, shape (n,).
        splits: text, shape (n,): `train`, `val`, `test`, or empty.
        pixels: one number for the pixels of each image, uint64, shape (n,).
        digests: of each image with its label, as `ablation.data.fingerprint.digests` gives it, uint64, shape (n,).
        looks: a perceptual hash, uint64, shape (n, 2).
        sha256: of all that.
        unreadable: name and reason of what could not be read.
        folder: where it lies.
    """

    images: np.ndarray
    labels: np.ndarray
    splits: np.ndarray
    pixels: np.ndarray
    digests: np.ndarray
    looks: np.ndarray
    sha256: str
    unreadable: tuple[tuple[str, str], ...]
    folder: Path


def cache_folder() -> Path:
    """ABLATION_CACHE_DIR, or `ablation` in the user's cache, or, for a user without a home, in the temporary folder."""
    if named := os.environ.get("ABLATION_CACHE_DIR"):
        return Path(named)
    home = at_home(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    return home / "ablation" if home else Path(tempfile.gettempdir()) / f"ablation-{os.getuid()}"


def remembered(
    folder: str, key: str, fields: Mapping[str, type], find: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """What `find` gives, kept under a key; a damaged file is found anew.

    Args:
        fields: what it has in it, by kind.
    """
    file = cache_folder() / folder / f"{key}.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if found["version"] == VERSION and all(
            isinstance(found[name], kind) for name, kind in fields.items()
        ):
            return found
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        pass
    found = find() | {"version": VERSION}
    write_atomically(file, json.dumps(found))
    return found


def stored(sha256: str, unreadable: list[list[str]]) -> Stored | None:
    """What lies in the cache under a hash; None where it is not there, or not whole."""
    folder = cache_folder() / "pixels" / sha256
    try:
        labels, splits, pixels, keys, looks = (
            np.load(folder / f"{name}.npy") for name in ("labels", "splits", "pixels", "digests", "looks")
        )
        images = np.load(folder / "images.npy", mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return None
    if len(images) != len(labels):
        return None
    told = tuple((name, reason) for name, reason in unreadable)
    return Stored(images, labels, splits, pixels, keys, looks, sha256, told, folder)


def store(
    decoded: Iterator[tuple[int, np.ndarray, tuple[int, int]]],
    labels: np.ndarray,
    splits: np.ndarray,
    shape: tuple[int, int, int],
) -> str:
    """Write images as they come.

    Args:
        decoded: place among all labels, pixels and perceptual hash of each that could be read, in order.
        labels: int32, of all.
        splits: text, of all.
        shape: of one image.

    Returns:
        The sha256 under which they lie.

    Raises:
        UserError: the cache cannot be written, or no image could be read.
    """
    root = cache_folder() / "pixels"
    temporary = None
    try:
        root.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".part-", dir=root))
        places, pixels, keys, looks = [], [], [], []
        whole = hashlib.sha256()
        with (temporary / "images.npy").open("wb") as file:
            start = _head(file, (len(labels), *shape))
            for place, image, look in decoded:
                content = image.tobytes()
                file.write(content)
                whole.update(content)
                places.append(place)
                looks.append(look)
                keys.append(digests(image[None], labels[place : place + 1]))
                pixels.append(hashlib.blake2b(content, digest_size=8).digest())
            file.seek(0)
            if _head(file, (len(places), *shape)) != start:
                raise OSError("the head of images.npy does not fit")
        arrays = {
            "labels": labels[places].astype(np.int32),
            "splits": np.asarray(splits)[places].astype("U5"),
            "pixels": np.frombuffer(b"".join(pixels), UINT64),
            "digests": np.concatenate([np.zeros(0, UINT64), *keys]),
            "looks": np.array(looks, UINT64).reshape(-1, 2),
        }
        for name, array in arrays.items():
            np.save(temporary / f"{name}.npy", array)
            whole.update(f"{name} {array.shape}".encode() + array.tobytes())
        whole.update(str(shape).encode())
        target = root / whole.hexdigest()
        if stored(target.name, []) is None:
            shutil.rmtree(target, ignore_errors=True)
            temporary.rename(target)
        return target.name
    except OSError as error:
        raise UserError(
            f"{root}: the cache cannot be written ({error.strerror or error}); name another by ABLATION_CACHE_DIR"
        ) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def rows(images: np.ndarray, chosen: np.ndarray, folder: Path, most: int) -> np.ndarray:
    """Some images in a given order: in memory, or, where they take more than `most` bytes, as a memory map on disk.

    Args:
        images: shape (n, height, width, channels).
        chosen: indices, shape (m,).
        folder: of the store.
        most: bytes.
    """
    if len(chosen) * images[:1].nbytes <= most:
        return images[chosen]
    name = hashlib.sha256(np.ascontiguousarray(chosen, "<i8").tobytes()).hexdigest()[:32]
    file = folder / f"rows-{name}.npy"
    if not file.exists():
        with replacing(file) as written:
            _head(written, (len(chosen), *images.shape[1:]))
            for start in range(0, len(chosen), 1024):
                written.write(
                    np.load(folder / "images.npy", mmap_mode="r")[chosen[start : start + 1024]].tobytes()
                )
    return np.load(file, mmap_mode="r")


def _head(file: Any, shape: tuple[int, ...]) -> int:
    """Write the head of a .npy file of uint8; where the content begins."""
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return file.tell()
