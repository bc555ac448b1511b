"""The test images that every trial of a run is asked about one by one, and how a picture holds them."""

import hashlib

import numpy as np

from ablation.data.png import png

MOST, FEWEST, PIXELS = 100, 25, 100 * 32 * 32
SIDE = 64


def places(images: np.ndarray) -> np.ndarray:
    """Which images: evenly spaced, so that sorted ones show all their classes; 25 to 100, the larger the fewer.

    Args:
        images: shape (n, height, width, channels).

    Returns:
        Indices, int, at most n of them.
    """
    wanted = max(FEWEST, min(MOST, PIXELS // (images.shape[1] * images.shape[2])))
    return np.linspace(0, len(images) - 1, min(wanted, len(images))).round().astype(int)


def name(images: np.ndarray, labels: np.ndarray) -> str:
    """The picture's file name, which follows from the images in it and their labels.

    Args:
        images: uint8 (n, height, width, channels), the ones of `places`.
        labels: int (n,).
    """
    content = hashlib.sha256(str(images.shape).encode())
    content.update(images.tobytes())
    content.update(labels.astype(np.int64).tobytes())
    return f"{content.hexdigest()[:16]}.png"


def picture(images: np.ndarray) -> bytes:
    """A PNG of one column of images; those with a side over 64 pixels are made smaller.

    Args:
        images: uint8 (n, height, width, channels).
    """
    from PIL import Image

    height, width, channels = images.shape[1:]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    tiles = [Image.fromarray(one.squeeze(-1) if channels == 1 else one) for one in images]
    if scale < 1:
        tiles = [tile.resize(size, Image.Resampling.LANCZOS) for tile in tiles]
    column = np.concatenate([np.asarray(tile) for tile in tiles])
    return png(column.reshape(len(column), -1, channels))
