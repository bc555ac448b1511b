"""The discs of preset smoke: reproducible, balanced, and told apart by their colour alone."""

import hashlib

import numpy as np
import pytest

from ablation.data import get
from ablation.data.sources.blobs import COLOURS, draw
from ablation.errors import UserError


def test_an_image_depends_on_seed_and_index_alone():
    images, labels = draw(500, 3)
    assert images.shape == (500, 32, 32, 3) and images.dtype == np.uint8 and labels.dtype == np.int32
    some, kinds = draw(220, 3, first=190)
    np.testing.assert_array_equal(some, images[190:410])
    np.testing.assert_array_equal(kinds, labels[190:410])
    assert (draw(500, 4)[0] != images).mean() > 0.5
    assert len(draw(0, 3, first=7)[0]) == 0
    assert {hashlib.sha256(one.tobytes()).hexdigest() for one in images}.__len__() == 500
    with pytest.raises(UserError, match="blobs: expected"):
        draw(-1, 0)


def test_four_in_a_row_hold_each_class_once_and_colour_tells_it():
    images, labels = draw(400, 0)
    assert (np.sort(labels.reshape(-1, 4), axis=1) == np.arange(4)).all()
    tint = images.astype(float) - images.mean(axis=-1, keepdims=True)
    colours = np.array(list(COLOURS.values()), float)
    colours -= colours.mean(axis=1, keepdims=True)
    told = (tint.mean(axis=(1, 2)) @ colours.T).argmax(axis=1)
    assert (told == labels).mean() > 0.95
    assert get("blobs").classes == tuple(COLOURS)
