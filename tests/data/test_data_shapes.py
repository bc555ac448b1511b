import hashlib
import time

import numpy as np
import pytest

from ablation import data
from ablation.data.sources import shapes
from ablation.errors import UserError


def test_an_image_depends_on_the_seed_and_its_index_alone():
    images, labels = shapes.draw(450, seed=3)
    few, few_labels = shapes.draw(7, seed=3)
    np.testing.assert_array_equal(few, images[:7])
    np.testing.assert_array_equal(few_labels, labels[:7])
    middle, middle_labels = shapes.draw(250, seed=3, first=190)
    np.testing.assert_array_equal(middle, images[190:440])
    np.testing.assert_array_equal(middle_labels, labels[190:440])
    assert (shapes.draw(7, seed=4)[0] != few).any()


def test_the_drawings_are_the_ones_the_reference_results_were_made_with():
    images, labels = shapes.draw(450, seed=3, first=150)
    digest = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    assert digest == "79d58f9c6960178be431a6dedaddc2bc373516ccf8bfa8c6abfbf5b5ae619a23"


def test_ten_images_hold_each_class_once_in_no_fixed_order():
    _, labels = shapes.draw(1000, seed=0)
    tens = labels.reshape(100, 10)
    np.testing.assert_array_equal(np.sort(tens, axis=1), np.tile(np.arange(10), (100, 1)))
    assert len({tuple(ten) for ten in tens.tolist()}) > 90


def test_splits_share_no_image_and_sizes_do_not_disturb_each_other():
    one = data.load("shapes", train=300, val=100, test=100)
    two = data.load("shapes", train=500, val=150, test=50)
    np.testing.assert_array_equal(one.x_train, two.x_train[:300])
    np.testing.assert_array_equal(one.x_val, two.x_val[:100])
    np.testing.assert_array_equal(one.x_test[:50], two.x_test)
    images = np.concatenate([one.x_train, one.x_val, one.x_test])
    assert len({bytes(image) for image in images}) == 500
    assert one.sha256 != two.sha256
    assert one.sha256 == data.load("shapes", train=300, val=100, test=100).sha256
    assert one.sha256 != data.load("shapes", train=300, val=100, test=100, seed=1).sha256
    assert one.source == "drawn, seed 0"


def test_without_validation_it_is_the_test_split():
    splits = data.load("shapes", train=20, val=0, test=30)
    assert splits.x_val is splits.x_test
    assert len(splits.x_test) == 30


def test_images_are_uint8_and_use_the_range():
    images, labels = shapes.draw(400, seed=0)
    assert (images.shape, images.dtype, labels.dtype) == ((400, 32, 32, 3), np.uint8, np.int32)
    assert images.min() == 0
    assert images.max() == 255


@pytest.mark.parametrize("arguments", [{"number": -1}, {"seed": -1}, {"first": -5}])
def test_negative_arguments_are_refused(arguments):
    with pytest.raises(UserError, match="expected number, seed, first of 0 or more"):
        shapes.draw(**{"number": 1, "seed": 0, **arguments})


def linear_accuracy(features, labels, split):
    """Test accuracy of the least-squares classifier on `features`, trained on the first `split` images."""
    features = np.c_[features, np.ones(len(features))]
    weights, *_ = np.linalg.lstsq(features[:split], np.eye(10)[labels[:split]], rcond=None)
    return ((features[split:] @ weights).argmax(axis=1) == labels[split:]).mean()


def test_neither_colour_nor_a_fixed_template_tells_the_class():
    images, labels = shapes.draw(3000, seed=0)
    small = images.reshape(3000, 8, 4, 8, 4, 3).mean(axis=(2, 4)).reshape(3000, -1) / 255
    assert linear_accuracy(images.mean(axis=(1, 2)) / 255, labels, 2000) < 0.15
    assert linear_accuracy(small, labels, 2000) < 0.2


def test_each_outline_is_its_class_of_shape():
    """Known points of each: (u to the right, v down, inside or not)."""
    points = {
        "disc": [(0, 0, True), (0.8, 0, True), (0.65, 0.65, False)],
        "ring": [(0, 0, False), (0.7, 0, True), (0, -0.7, True), (0.95, 0, False)],
        "square": [(0, 0, True), (0.7, 0.7, True), (0.8, 0, False)],
        "frame": [(0, 0, False), (0.6, 0.6, True), (0, -0.6, True), (0.4, 0.4, False)],
        "triangle": [(0, 0, True), (0, 0.95, True), (0.8, -0.5, True), (0.5, 0.5, False)],
        "star": [(0, 0, True), (0, -0.9, True), (0, 0.6, False)],
        "cross": [(0, 0.9, True), (0.9, 0, True), (0.5, 0.5, False)],
        "crescent": [(0, 0.6, True), (0, -0.2, False), (0.8, 0.1, True), (-0.8, 0.1, True)],
        "heart": [
            (0, 0.6, True),
            (0.5, -0.5, True),
            (-0.5, -0.5, True),
            (0, -0.75, False),
            (0.7, 0.5, False),
        ],
        "hourglass": [(0, 0, True), (0.5, 0.8, True), (0.5, -0.8, True), (0.4, 0, False)],
    }
    assert tuple(points) == shapes.CLASSES
    for outside, (name, known) in zip(shapes.OUTLINES, points.items(), strict=True):
        for u, v, inside in known:
            found = outside(np.array([u], np.float32), np.array([v], np.float32))
            assert (found[0] < 0) == inside, (name, u, v)
    star = shapes.OUTLINES[shapes.CLASSES.index("star")]
    angles = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    rim = star(np.float32(0.55) * np.cos(angles), np.float32(0.55) * np.sin(angles)) < 0
    assert (np.diff(np.r_[rim, rim[:1]].astype(int)) == 1).sum() == 5


def test_every_outline_is_its_own_mirror_image():
    u, v = (grid.astype(np.float32) for grid in np.meshgrid(np.linspace(-1, 1, 41), np.linspace(-1, 1, 41)))
    for outside in shapes.OUTLINES:
        np.testing.assert_allclose(outside(u, v), outside(-u, v), atol=1e-6)


def seconds(number):
    """The least processor time of drawing so many images."""
    fastest = np.inf
    for _ in range(5):
        start = time.process_time()
        shapes.draw(number, seed=0)
        fastest = min(fastest, time.process_time() - start)
    return fastest


@pytest.mark.slow
def test_drawing_is_fast_and_few_images_cost_less_than_many():
    shapes.draw(200, seed=0)
    assert 1000 / seconds(1000) > 2500
    assert seconds(20) < seconds(200) / 2
