"""A data set that is drawn by a function and so never runs out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ablation.data.dataset import DRAWN, Dataset, Part, Taken, Wanted
from ablation.data.split import VAL, only
from ablation.errors import UserError
from ablation.streams import stream_seed

STRETCH = 1_000_000_000


def from_blocks(
    name: str,
    draw_block: Callable[[np.random.Generator, slice], Part],
    block: int,
    shape: tuple[int, int, int],
    *,
    number: int,
    seed: int,
    first: int,
) -> Part:
    """A stretch of an endless row of drawings that is drawn a block at a time, so that each depends on its place alone.

    Args:
        name: of the data set, for the error.
        draw_block: draws the images of one block that are wanted, from the block's own generator: each is as it is when
            all are.
        block: images in it.
        shape: of one image.
        number, first: images `first` to `first + number - 1` are wanted, 0 or more.
        seed: of the row, 0 or more.

    Returns:
        Images, uint8, shape (number, *shape), and labels, int32, shape (number,).

    Raises:
        UserError: a negative argument.
    """
    if min(number, seed, first) < 0:
        raise UserError(f"{name}: expected number, seed, first of 0 or more, found {number}, {seed}, {first}")
    images, labels = np.empty((number, *shape), np.uint8), np.empty(number, np.int32)
    for place in range(first // block, -(-(first + number) // block)):
        start, stop = max(first, place * block), min(first + number, (place + 1) * block)
        wanted, here = slice(start - place * block, stop - place * block), slice(start - first, stop - first)
        images[here], labels[here] = draw_block(np.random.default_rng([seed, place]), wanted)
    return images, labels


@dataclass(frozen=True)
class Drawn(Dataset):
    """A data set that is drawn.

    Attributes:
        draw: (number, seed, first) -> the images `first` to `first + number - 1` of the endless row that belongs to
            the seed, uint8, shape (number, *shape), and their labels, int32, shape (number,). With k classes, k
            images that start at a multiple of k hold each class once.
        train, test: how many images are drawn unless it is said.
    """

    draw: Callable[[int, int, int], Part]

    def take(self, wanted: Wanted) -> Taken:
        """Each split is a stretch of its own of an endless row; another draw has another row, but for the test."""
        numbers = (
            self.train if wanted.train is None else wanted.train,
            VAL if wanted.val is None else wanted.val,
            self.test if wanted.test is None else wanted.test,
        )
        kinds = len(self.classes)
        stretch = STRETCH // kinds * kinds
        own = wanted.seed if wanted.draw is None else stream_seed(wanted.draw, DRAWN)
        train, val, test = (
            self._part(number, i * stretch, seed, wanted.classes)
            for i, (number, seed) in enumerate(zip(numbers, (own, own, wanted.seed), strict=True))
        )
        return Taken(train, val if numbers[1] else test, test, f"drawn, seed {wanted.seed}")

    def _part(self, number: int, first: int, seed: int, kept: tuple[int, ...] | None) -> Part:
        kinds = len(self.classes)
        if kept is None or kept == tuple(range(kinds)):
            return self.draw(number, seed, first)
        x, y = only(*self.draw(-(-number // len(kept)) * kinds, seed, first), kept)
        return x[:number], y[:number]
