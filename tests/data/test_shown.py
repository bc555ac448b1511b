"""The test images that every trial is asked about."""

import io

import numpy as np
from PIL import Image

from ablation.data import shown


def images(count, side=8, channels=3):
    return np.random.default_rng(0).integers(0, 256, (count, side, side, channels), dtype=np.uint8)


def test_the_places_are_spread_over_all_images_and_the_fewer_the_larger():
    places = shown.places(np.empty((10_000, 32, 32, 3), np.uint8))
    assert (len(places), places[0], places[-1]) == (100, 0, 9_999)
    assert set(np.diff(places)) == {101}
    assert len(shown.places(np.empty((500, 224, 224, 3), np.uint8))) == 25
    assert shown.places(np.empty((7, 32, 32, 3), np.uint8)).tolist() == list(range(7))


def test_the_name_follows_from_images_and_labels():
    some, labels = images(4), np.arange(4)
    name = shown.name(some, labels)
    assert name == shown.name(some.copy(), labels.astype(np.int32))
    assert name not in (shown.name(some[::-1], labels), shown.name(some, labels[::-1]))
    assert name != shown.name(some.reshape(2, 16, 8, 3), labels)


def test_the_picture_is_a_column_of_the_images_and_large_ones_are_made_smaller():
    for channels in (1, 3):
        some = images(3, channels=channels)
        column = np.asarray(Image.open(io.BytesIO(shown.picture(some))))
        assert np.array_equal(column.reshape(3, 8, 8, channels), some)
    assert Image.open(io.BytesIO(shown.picture(images(2, 256)))).size == (64, 128)
