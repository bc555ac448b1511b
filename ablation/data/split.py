"""Which images are for training, for validation and for testing."""

import numpy as np

from ablation.data.dataset import Arrays, Part, Wanted
from ablation.data.fingerprint import digests
from ablation.errors import UserError

VAL = 5_000


def shuffled(images: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """A random order of the images that depends on the images and the seed alone, not on the order they
    came in.

    The files of one data set hold its images in different orders; so every one of them gives the same splits.

    Returns:
        Indices, shape (n,).
    """
    return np.argsort(digests(images, labels, seed), kind="stable")


def shares(number: int, available: np.ndarray) -> np.ndarray:
    """Share `number` images out among the classes as evenly as `available`, shape (classes,), permits."""
    given = np.zeros_like(available)
    while number:
        open_ = np.flatnonzero(given < available)
        each = min(number // len(open_), int((available - given)[open_].min()))
        if each:
            given[open_] += each
            number -= each * len(open_)
        else:
            most = np.argsort(-available[open_], kind="stable")[:number]
            given[open_[most]] += 1
            number = 0
    return given


def stratified(
    order: np.ndarray, labels: np.ndarray, classes: int, number: int
) -> tuple[np.ndarray, np.ndarray]:
    """Take `number` of the images in `order`, as many of each class as can be; the first of each class go.

    Args:
        order: indices into labels, shape (m,), m at least `number`.
        labels: shape (n,).
        classes: how many classes there are.
        number: how many to take.

    Returns:
        The indices taken and those left, both in the sequence of `order`.
    """
    own = labels[order]
    limits = shares(number, np.bincount(own, minlength=classes))
    rank = np.empty(len(order), int)
    for label in range(classes):
        here = np.flatnonzero(own == label)
        rank[here] = np.arange(len(here))
    taken = rank < limits[own]
    return order[taken], order[~taken]


def only(x: np.ndarray, y: np.ndarray, classes: tuple[int, ...]) -> Part:
    """The images of some classes, whose labels are their places in `classes`."""
    places = np.full(max(y.max(initial=0), *classes) + 1, -1, np.int32)
    places[list(classes)] = range(len(classes))
    here = places[y] >= 0
    return x[here], places[y[here]]


def cut(
    title: str, classes: int, arrays: Arrays, wanted: Wanted, order: np.ndarray | None = None
) -> tuple[Part, Part, Part]:
    """Training, validation and test images of a data set with a test split of its own.

    Args:
        title: of the data set, for errors.
        classes: how many there are.
        arrays: the whole data set.
        wanted: how many images of each.
        order: the training images as `shuffled` has them, where that is known.

    Raises:
        UserError: fewer are there than wanted.
    """
    x, y, x_test, y_test = arrays
    train, test = wanted.train, wanted.test
    val = VAL if wanted.val is None else wanted.val
    _enough("train and val" if train else "val", (train or 1) + val, len(y), title)
    _enough("test", 1 if test is None else test, len(y_test), title)
    order = shuffled(x, y, wanted.seed) if order is None else order
    for_val, rest = stratified(wanted.drawn(order), y, classes, val)
    for_train, _ = stratified(rest, y, classes, train or len(rest))
    tests = len(y_test) if test is None else test
    all_tests = shuffled(x_test, y_test, wanted.seed) if tests else np.arange(0)
    for_test, _ = stratified(all_tests, y_test, classes, tests)
    tested = x_test[for_test], y_test[for_test]
    return (x[for_train], y[for_train]), (x[for_val], y[for_val]) if val else tested, tested


def _enough(split: str, wanted: int, there: int, title: str) -> None:
    if wanted > there:
        raise UserError(f"{split}: expected at most {there} images, all that {title} has, found {wanted}")
