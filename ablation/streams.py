"""Randomness: every source has its own stream, keyed by the trial's seed and its purpose.

A stable hash of (seed, purpose) seeds each stream, so one more layer never shifts another layer's stream, and two
recipes under the same seed share initial weights and data order wherever both have them.
"""

import hashlib

import numpy as np


def stream_seed(seed: int, *purpose: str | int) -> int:
    """A 31-bit seed for one purpose; hashed, since neighbouring integers give shifted copies of one stream on torch."""
    text = "/".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") >> 1


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """A NumPy generator for one purpose."""
    return np.random.default_rng(stream_seed(seed, *purpose))


def repeated(seed: int, stream: int) -> int:
    """The seed of a repetition: the same one for stream 0, and unrelated random numbers for any other."""
    return stream_seed(seed, "repetition", stream) if stream else seed
