"""From a file to pixels of one size."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from ablation.data.own.collection import Item
from ablation.data.sizes import Fit

GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N", "F")
DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N")


def head(item: Item) -> tuple[int, int, int] | None:
    """Height, width and channels, 1 or 3, without decoding; None where it is no image."""
    if isinstance(item, np.ndarray):
        return item.shape[0], item.shape[1], 1 if item.ndim == 2 else item.shape[2]
    try:
        with _open(item) as image:
            return image.height, image.width, 1 if image.mode in GREY else 3
    except Exception:
        return None


def pixels(item: Item, channels: int, size: tuple[int, int], fit: Fit) -> np.ndarray | str:
    """An image of a given size.

    Args:
        item: a file, its content, or pixels.
        channels: 1 for grey, 3 for RGB.
        size: (height, width).
        fit: `crop` scales until both sides are covered and cuts the rest off evenly, `stretch` scales both sides.

    Returns:
        uint8, shape (height, width, channels); or why it could not be read.
    """
    height, width = size
    try:
        if isinstance(item, np.ndarray):
            plain = item[..., None] if item.ndim == 2 else item
            if plain.shape == (height, width, channels):
                return plain
        with _open(item, whole=True) as image:
            mode = "L" if channels == 1 else "RGB"
            image.draft(mode, (width, height))
            flat = _flat(image, mode)
        if flat.size != (width, height):
            flat = flat.resize(
                (width, height), Image.Resampling.BILINEAR, box=_box(flat.size, (width, height), fit)
            )
        return np.asarray(flat, np.uint8).reshape(height, width, channels)
    except UnidentifiedImageError:
        return "not an image of a known format"
    except Exception as error:  # a damaged file raises nearly anything
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return " ".join(reason.split())[:100] or type(error).__name__


def pixels_and_looks(
    item: Item, channels: int, size: tuple[int, int], fit: Fit
) -> tuple[np.ndarray | str, tuple[int, int]]:
    """As `pixels`, and `looks` of what it gave; zeros of what could not be read."""
    found = pixels(item, channels, size, fit)
    return found, (0, 0) if isinstance(found, str) else looks(found)


def looks(image: np.ndarray) -> tuple[int, int]:
    """A perceptual hash: whether brightness rises to the right, and down, on an 8 x 8 grid; 64 bits each.

    Source: the "dHash" of Krawetz 2013, https://www.hackerfactor.com/blog/?/archives/529-Kind-of-Like-That.html.
    """
    grey = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).convert("L")
    across = np.asarray(grey.resize((9, 8), Image.Resampling.BOX), np.int16)
    down = np.asarray(grey.resize((8, 9), Image.Resampling.BOX), np.int16)
    bits = np.diff(across, axis=1) > 0, np.diff(down, axis=0) > 0
    right, below = (int.from_bytes(np.packbits(one).tobytes(), "big") for one in bits)
    return right, below


def _open(item: Item, whole: bool = False) -> Image.Image:
    """An image whose head is read; of a file that is read whole anyway, all of it at once, which is faster."""
    if isinstance(item, np.ndarray):
        return Image.fromarray(item[..., 0] if item.ndim == 3 and item.shape[2] == 1 else item)
    if isinstance(item, Path) and not item.is_file():
        raise FileNotFoundError("there is no such file")
    if isinstance(item, Path):
        return Image.open(io.BytesIO(item.read_bytes()) if whole else item)
    return Image.open(io.BytesIO(item))


def _flat(image: Image.Image, mode: str) -> Image.Image:
    """Grey or RGB of 8 bits: 16 bits are scaled down, palettes looked up, transparency dropped."""
    if image.mode in DEEP:
        deep = np.asarray(image).astype(np.int64)
        if image.mode != "I" or deep.max(initial=0) > 255:
            deep = (deep + 128) // 257
        image = Image.fromarray(deep.clip(0, 255).astype(np.uint8))
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    return image.convert(mode)


def _box(old: tuple[int, int], new: tuple[int, int], fit: Fit) -> tuple[float, float, float, float]:
    """What of an image, in pixels, (left, top, right, bottom), fills the new size."""
    width, height = old
    if fit == "stretch":
        return 0, 0, width, height
    scale = min(width / new[0], height / new[1])
    left, top = (width - new[0] * scale) / 2, (height - new[1] * scale) / 2
    return left, top, left + new[0] * scale, top + new[1] * scale
