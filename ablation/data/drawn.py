"""A data set that is drawn by a function and so never runs out."""

from collections.abc import Callable
from dataclasses import dataclass

from ablation.data.dataset import Dataset, Part, Taken, Wanted
from ablation.data.split import VAL, only

STRETCH = 1_000_000_000


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
        """Each split is a stretch of its own of the endless row."""
        numbers = (
            self.train if wanted.train is None else wanted.train,
            VAL if wanted.val is None else wanted.val,
            self.test if wanted.test is None else wanted.test,
        )
        kinds = len(self.classes)
        stretch = STRETCH // kinds * kinds
        train, val, test = (self._part(number, i * stretch, wanted) for i, number in enumerate(numbers))
        return Taken(train, val if numbers[1] else test, test, f"drawn, seed {wanted.seed}")

    def _part(self, number: int, first: int, wanted: Wanted) -> Part:
        kinds, kept = len(self.classes), wanted.classes
        if kept is None or kept == tuple(range(kinds)):
            return self.draw(number, wanted.seed, first)
        x, y = only(*self.draw(-(-number // len(kept)) * kinds, wanted.seed, first), kept)
        return x[:number], y[:number]
