"""Images read by several processes: the same results in order, no process left, and one line where one is lost."""

import functools
import io
import itertools
import subprocess

import numpy as np
import pytest
from PIL import Image

from ablation.data.own import workers
from ablation.data.own.decode import pixels_and_looks
from ablation.errors import UserError

COUNT = 3 * workers.CHUNK + 5
DECODE = functools.partial(pixels_and_looks, channels=3, size=(8, 8), fit="crop")


@pytest.fixture
def started(monkeypatch):
    """Two processes, however few items there are; collects them."""
    processes, start = [], subprocess.Popen

    def collected(*arguments, **given):
        processes.append(start(*arguments, **given))
        return processes[-1]

    monkeypatch.setattr(workers, "FEW", 3)
    monkeypatch.setattr(workers.os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(workers.subprocess, "Popen", collected)
    return processes


def items():
    rng = np.random.default_rng(0)
    for place in range(COUNT):
        file = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8)).save(file, "PNG")
        yield file.getvalue() if place % 50 else b"no image"


def test_the_same_results_in_order_and_no_process_left(started):
    found = list(workers.side_by_side(DECODE, items()))
    assert len(started) == 2 and all(one.poll() is not None for one in started)
    expected = [DECODE(one) for one in items()]
    assert len(found) == COUNT and isinstance(found[0][0], str)
    for (image, look), (other, otherwise) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(image, other)
        assert look == otherwise


def test_few_items_start_no_process(started):
    assert len(list(workers.side_by_side(DECODE, itertools.islice(items(), 3)))) == 3 and not started


def test_who_stops_early_leaves_no_process_and_few_items_are_held(started):
    taken = 0

    def counted():
        nonlocal taken
        for one in itertools.chain(items(), items(), items()):
            taken += 1
            yield one

    found = workers.side_by_side(DECODE, counted())
    next(found)
    found.close()
    assert (
        all(one.poll() is not None for one in started)
        and taken <= workers.FEW + 1 + 6 * workers.CHUNK < 3 * COUNT
    )


def test_a_process_that_is_killed_is_one_line(started):
    found = workers.side_by_side(DECODE, itertools.chain.from_iterable(itertools.repeat(list(items()))))
    next(found)
    started[0].kill()
    with pytest.raises(UserError, match="reading images: a process ended with code -9"):
        list(found)
