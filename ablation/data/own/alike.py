"""Images that look alike, by their perceptual hashes."""

import numpy as np

NEAR = 4
CROWD = 2_000


def alike(these: np.ndarray, those: np.ndarray) -> np.ndarray:
    """Which of these hashes differ from one of those in at most `NEAR` of 128 bits.

    Two such hashes agree in whole in one of eight pieces of 16 bits at least, so only those are compared. A piece that
    more than `CROWD` of those share, such as that of a bare background, tells nothing and is passed over.

    Args:
        these: uint64, shape (n, 2).
        those: uint64, shape (m, 2).

    Returns:
        bool, shape (n,). A hash of zeros, that of an image without any detail, is like no other.
    """
    found = np.zeros(len(these), bool)
    pieces, others = (np.ascontiguousarray(hashes).view(np.uint16) for hashes in (these, those))
    for piece in range(8):
        order = np.argsort(others[:, piece], kind="stable")
        values = others[order, piece]
        first, last = (np.searchsorted(values, pieces[:, piece], side) for side in ("left", "right"))
        for one in np.flatnonzero(~found & (last > first) & (last - first <= CROWD)):
            differing = np.bitwise_count(those[order[first[one] : last[one]]] ^ these[one]).sum(axis=1)
            found[one] = differing.min() <= NEAR
    return found & these.any(axis=1)
