"""Weights of classes and epochs of equal shares."""

import dataclasses

import numpy as np
import pytest
import tiny
from tiny import without_times

from ablation import tricks
from ablation.errors import UserError
from ablation.recipe import Recipe

pytest.importorskip("keras")

from ablation.engine.buildable import check_buildable
from ablation.networks.layout import Problem, layout
from ablation.train.class_weights import class_weights
from ablation.train.engines import Engines
from ablation.train.loop import Interrupted, train
from ablation.train.order import epoch_order, oversampled

LABELS = np.array([0] * 6 + [1] * 3 + [3] * 1)
ENGINES = Engines()
TEN = Problem((32, 32, 3), 10, (0.0,) * 3, (1.0,) * 3)


def test_weights_by_hand():
    """Ten images of three classes; scikit-learn's `compute_class_weight` gives the same."""
    np.testing.assert_allclose(class_weights("balanced", LABELS, 4), [10 / 18, 10 / 9, 0, 10 / 3], rtol=1e-6)
    np.testing.assert_array_equal(class_weights((1.0, 2.0, 3.0, 4.0), LABELS, 4), [1, 2, 3, 4])
    np.testing.assert_array_equal(class_weights({1: 5.0}, LABELS, 4), [1, 5, 1, 1])
    assert class_weights(None, LABELS, 4) is None


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, 2.0], "step 'x': training.class_weight: expected 10 numbers, one a class, found 2"),
        ({0: 1.0, 10: 2.0}, "step 'x': training.class_weight: expected classes 0 to 9, found 10"),
    ],
)
def test_weights_of_other_classes_are_refused_before_the_training(weights, message):
    recipe = tiny.recipe(class_weight=weights)
    with pytest.raises(UserError, match=message):
        check_buildable("step 'x': ", recipe, layout(recipe, TEN))


def test_an_oversampled_epoch_has_the_classes_in_equal_shares_and_no_image_too_often():
    for seed in range(20):
        order = oversampled(LABELS, np.random.default_rng(seed))
        assert len(order) == len(LABELS)
        counts = np.bincount(LABELS[order], minlength=4)
        assert sorted(counts[[0, 1, 3]]) == [3, 3, 4] and counts[2] == 0
        images = np.bincount(order, minlength=10)
        assert images[:6].max() == 1  # of six, three or four
        assert images[6:9].min() >= 1  # of three, all
    extra = [np.bincount(LABELS[oversampled(LABELS, np.random.default_rng(s))])[3] for s in range(300)]
    assert np.mean(np.array(extra) == 4) == pytest.approx(1 / 3, abs=0.09)


def test_every_epoch_draws_anew_from_a_stream_of_its_own():
    recipe = tiny.recipe(oversample=True)
    first, again, second, other = (
        epoch_order(recipe, LABELS, seed, epoch) for seed, epoch in ((0, 1), (0, 1), (0, 2), (1, 1))
    )
    np.testing.assert_array_equal(first, again)
    assert (first != second).any() and (first != other).any()
    seen = np.unique(np.concatenate([epoch_order(recipe, LABELS, 0, epoch) for epoch in range(1, 12)]))
    assert len(seen) == len(LABELS)
    plain = epoch_order(tiny.recipe(), LABELS, 0, 1)
    np.testing.assert_array_equal(np.sort(plain), np.arange(len(LABELS)))


def rare(splits):
    """Four images of class 0 among 40."""
    ones = np.flatnonzero(splits.y_train == 1)
    images = np.concatenate([np.flatnonzero(splits.y_train == 0)[:4], np.resize(ones, 36)])
    parts = {"x_train": splits.x_train[images], "y_train": splits.y_train[images]}
    return dataclasses.replace(splits, sha256="rare", **parts)


def both() -> Recipe:
    recipe = tiny.recipe(epochs=3)
    for name in ("class_weight", "oversample"):
        recipe = tricks.apply(name, recipe, {})
    return recipe


def test_an_interrupted_training_goes_on_exactly(splits, tmp_path):
    trial, file, stops = tiny.trial_of(both()), tmp_path / "x.npz", 0
    whole = train(trial, rare(splits), engines=ENGINES)
    while True:
        try:
            again = train(trial, rare(splits), checkpoint=file, engines=ENGINES, stop=lambda: True)
            break
        except Interrupted:
            stops += 1
    assert stops == 2
    assert without_times(again) == without_times(whole)


def test_balanced_weights_are_of_the_images_that_are_trained_on(splits):
    trial = tiny.trial_of(both())
    recipe, problem = trial.setting.recipe, TEN
    few = rare(splits)
    engine = ENGINES.engine(recipe, problem, few, 2, 0)
    found = np.array(engine.learner.class_weights)
    np.testing.assert_allclose(found, [40 / (2 * 4), 40 / (2 * 36)] + [0] * 8, rtol=1e-6)


@pytest.mark.slow
def test_weights_and_shares_change_what_is_trained(splits):
    losses = [
        train(tiny.trial_of(recipe), rare(splits))["epochs"][-1]["val_loss"]
        for recipe in (
            tiny.recipe(),
            tiny.recipe(class_weight="balanced"),
            tiny.recipe(oversample=True),
            tiny.recipe(class_weight={1: 1.0}),
        )
    ]
    assert len(set(losses)) == 3 and losses[0] == losses[3]
