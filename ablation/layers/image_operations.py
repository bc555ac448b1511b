"""The operations that AutoAugment and RandAugment choose from, one for each image of a batch.

Every operation is computed for the whole batch and each image takes its own, since a compiled step cannot
branch for each image. The geometric ones share one resampling.
"""

import math
from typing import Any

from keras import ops

from ablation.layers.random_affine import affine

OPERATIONS = (
    "identity", "auto_contrast", "equalize", "rotate", "solarize", "color", "posterize", "contrast",
    "brightness", "sharpness", "shear_x", "shear_y", "translate_x", "translate_y", "invert",
)  # fmt: skip
ENHANCEMENTS = ("color", "contrast", "brightness", "sharpness")
GREY = 128.0


def operate(images: Any, operation: Any, strength: Any) -> Any:
    """One operation for each image, with the ranges of Cubuk et al. 2019, table 6.

    Args:
        images: float32 (batch, height, width, channels) of 0-255.
        operation: int32 (batch,), places in `OPERATIONS`.
        strength: float32 (batch,), -1 to 1. At 1 the angle is 30 degrees, the shear 0.3, the shift 10 / 32 of
            the side, the enhancement factor 1.9 (0.1 at -1); whatever the sign, 4 bits are left of 8 and
            everything is solarised.

    Returns:
        Whole numbers 0-255, float32, shaped like `images`; what geometry uncovers is grey.
    """

    operation, strength = ops.convert_to_tensor(operation), ops.convert_to_tensor(strength)

    def chosen(name: str) -> Any:
        return ops.equal(operation, OPERATIONS.index(name))

    def strength_of(name: str) -> Any:
        return ops.where(chosen(name), strength, 0.0)

    _, height, width, _ = ops.shape(images)
    moved = affine(
        images,
        angle=strength_of("rotate") * math.radians(30),
        shear_x=strength_of("shear_x") * 0.3,
        shear_y=strength_of("shear_y") * 0.3,
        shift_x=strength_of("translate_x") * (width * 10 / 32),
        shift_y=strength_of("translate_y") * (height * 10 / 32),
        fill_value=GREY,
    )
    pixels = ops.clip(ops.round(moved), 0.0, 255.0)
    amount = ops.abs(strength)[:, None, None, None]
    factor = 1 + 0.9 * strength[:, None, None, None]
    grey = _grey(pixels)
    outputs = {
        "auto_contrast": _stretched(pixels),
        "equalize": equalized(pixels),
        "solarize": ops.where(pixels < 256 * (1 - amount), pixels, 255 - pixels),
        "posterize": _posterized(pixels, amount),
        "invert": 255 - pixels,
        "color": _blend(grey, pixels, factor),
        "contrast": _blend(ops.round(ops.mean(grey, axis=(1, 2), keepdims=True)), pixels, factor),
        "brightness": pixels * factor,
        "sharpness": _blend(_smoothed(pixels), pixels, factor),
    }
    result = pixels
    for name, output in outputs.items():
        result = ops.where(chosen(name)[:, None, None, None], output, result)
    return ops.clip(ops.round(result), 0.0, 255.0)


def equalized(pixels: Any) -> Any:
    """Each channel of each image with a flat histogram, as `PIL.ImageOps.equalize` computes it.

    Args:
        pixels: float32 (batch, height, width, channels), whole numbers 0-255.
    """
    batch, height, width, channels = ops.shape(pixels)
    value = ops.cast(pixels, "int32")
    histograms = ops.reshape(ops.arange(batch * channels, dtype="int32"), (batch, 1, 1, channels))
    place = ops.reshape(histograms * 256 + value, (-1,))
    counts = ops.segment_sum(ops.ones_like(place), place, num_segments=batch * channels * 256)
    counts = ops.reshape(counts, (-1, 256))
    brightest = ops.max(ops.where(counts > 0, ops.arange(256, dtype="int32"), 0), axis=1, keepdims=True)
    of_brightest = ops.take_along_axis(counts, brightest, axis=1)
    step = (height * width - of_brightest) // 255
    darker = ops.cumsum(counts, axis=1) - counts
    table = ops.minimum((darker + step // 2) // ops.maximum(step, 1), 255)
    table = ops.where(step > 0, table, ops.arange(256, dtype="int32"))
    looked_up = ops.take(ops.reshape(table, (-1,)), place)
    return ops.cast(ops.reshape(looked_up, (batch, height, width, channels)), "float32")


def _stretched(pixels: Any) -> Any:
    darkest = ops.min(pixels, axis=(1, 2), keepdims=True)
    brightest = ops.max(pixels, axis=(1, 2), keepdims=True)
    flat = ops.equal(brightest, darkest)
    return ops.where(flat, pixels, (pixels - darkest) * 255 / ops.where(flat, 1.0, brightest - darkest))


def _posterized(pixels: Any, amount: Any) -> Any:
    level = 2 ** ops.round(4 * amount)
    return ops.floor(pixels / level) * level


def _grey(pixels: Any) -> Any:
    """Luma (ITU-R 601) of colours, (batch, height, width, 1)."""
    if pixels.shape[-1] != 3:
        return ops.mean(pixels, axis=-1, keepdims=True)
    return ops.round(ops.sum(pixels * ops.convert_to_tensor([0.299, 0.587, 0.114]), axis=-1, keepdims=True))


def _smoothed(pixels: Any) -> Any:
    """The 3x3 mean whose middle weighs 5 of 13; the outermost pixels as they are."""
    height, width = pixels.shape[1:3]
    around = sum(pixels[:, i : height - 2 + i, j : width - 2 + j] for i in range(3) for j in range(3))
    middle = pixels[:, 1:-1, 1:-1]
    change = ops.pad((around + 4 * middle) / 13 - middle, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return pixels + change


def _blend(degenerate: Any, pixels: Any, factor: Any) -> Any:
    return degenerate + factor * (pixels - degenerate)
