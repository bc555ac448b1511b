"""Images as PNG files."""

import io

import numpy as np


def png(pixels: np.ndarray) -> bytes:
    """An image as a PNG file, as small as it goes.

    Args:
        pixels: uint8 (height, width, channels): 1 channel is grey, 3 are RGB.
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(
        buffer, "PNG", optimize=True
    )
    return buffer.getvalue()
