"""Mean and deviation of the pixels."""

import numpy as np


def mean_and_deviation(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel over all pixels, in the units of the images.

    Args:
        x: images, uint8, shape (n, height, width, channels).

    Returns:
        Mean and deviation, float32, shape (channels,) each.
    """
    values, channels = np.arange(256), x.shape[-1]
    counts = np.zeros((channels, 256), np.int64)
    for start in range(0, len(x), 1000):
        for channel in range(channels):
            counts[channel] += np.bincount(x[start : start + 1000, ..., channel].ravel(), minlength=256)
    pixels = counts.sum(axis=1)
    mean = counts @ values / pixels
    variance = (counts * (values - mean[:, None]) ** 2).sum(axis=1) / pixels
    return mean.astype(np.float32), np.sqrt(variance).astype(np.float32)


def constant_channels(x: np.ndarray) -> tuple[int, ...]:
    """The channels that hold one value in all pixels of all images, such as a dead sensor's."""
    return tuple(
        channel
        for channel in range(x.shape[-1])
        if all((x[i : i + 1000, ..., channel] == x[0, 0, 0, channel]).all() for i in range(0, len(x), 1000))
    )
