"""Every check by itself, on figures worked out by hand."""

import numpy as np
import pytest

from ablation.checks import data, signals, training


def images(number: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (number, 4, 4, 3), np.uint8)


def test_class_balance():
    names = ("cat", "dog", "frog")
    found = data.class_balance(np.array([0, 0, 1, 1, 2, 2]), names)
    assert found.status == "pass" and found.advice == ""
    found = data.class_balance(np.array([0] * 7 + [1] * 7 + [2] * 3), names)
    assert (found.status, found.figure) == ("warn", "3 images of frog to 7 of cat")
    assert data.class_balance(np.array([0, 1]), names).status == "fail"


def test_duplicates_are_counted_between_splits_not_within():
    train, test = images(300), images(100, 1)
    assert data.duplicates({"train": np.concatenate([train, train]), "test": test}).figure == "none"
    test[0] = train[7]
    found = data.duplicates({"train": train, "val": images(100, 2), "test": test})
    assert (found.status, found.figure) == ("warn", "1 images both in train and in test")
    test[1:3] = train[:2]
    assert data.duplicates({"train": train, "test": test}).status == "fail"


def test_preprocessing_sees_another_type_and_another_brightness():
    train, test = images(500), images(500, 1)
    assert data.preprocessing({"train": train, "test": test}).status == "pass"
    found = data.preprocessing({"train": train, "test": test / 255})
    assert found.status == "fail" and "float64" in found.figure
    found = data.preprocessing({"train": train, "val": images(500, 2), "test": test // 2})
    assert found.status == "fail" and "of test are off by" in found.figure


def test_a_batch_of_one_class_is_no_batch():
    assert data.mixed_batches(np.array([3, 3, 3])).status == "fail"
    assert data.mixed_batches(np.array([3])).status == "pass"
    assert data.mixed_batches(np.array([3, 1, 3])).figure == "2 classes in the first batch of 3"


def test_finite_names_the_layer():
    assert signals.finite({"a": np.ones(3), "b": np.zeros(2)}).status == "pass"
    found = signals.finite({"a": np.ones(3), "b": np.array([1, np.nan]), "c": np.array([np.inf])})
    assert (found.status, found.figure) == ("fail", "NaN or infinity in b, c")


def test_deviations_name_the_first_layer_out_of_range():
    unit = np.tile([-1.0, 1.0], (4, 5))
    assert signals.deviations({"a": unit, "b": 2 * unit}).status == "pass"
    found = signals.deviations({"a": unit, "b": 0.4 * unit, "c": 0.01 * unit})
    assert found.status == "warn" and found.figure.startswith(
        "0.01 to 1; out of range from b on, furthest at c"
    )
    assert signals.deviations({"a": unit, "b": 1e-4 * unit}).status == "fail"


def test_told_apart_is_blind_to_what_all_images_share():
    between = np.array([[-1.0, -1], [1, 1]])
    shared = np.array([[-1.0, 1], [-1, 1]])
    assert signals.told_apart({"a": between}).figure == "1 of the deviation at a is between images"
    found = signals.told_apart({"a": between, "b": shared, "c": shared + 1e-5 * between})
    assert found.status == "fail" and "dies at b" in found.figure


def backward(**sizes: float) -> dict[str, np.ndarray]:
    return {name: np.full((2, 3, 3, 4), size / 6) for name, size in sizes.items()}


def test_gradient_norms_point_at_the_layer_where_the_gradient_dies():
    found = signals.gradient_norms(backward(one=2e-5, two=4e-4, three=0.02, head=0.5, logits=1))
    assert (
        found.status == "fail"
        and "dies at two (under 0.001" in found.figure
        and "2e-05 at one" in found.figure
    )
    found = signals.gradient_norms(backward(one=0.01, two=0.05, head=0.5, logits=1))
    assert found.status == "warn" and "dies at two (under 0.1" in found.figure
    assert signals.gradient_norms(backward(one=0.3, two=3, logits=1)).status == "pass"


def test_gradient_norms_point_at_the_layer_where_the_gradient_explodes():
    found = signals.gradient_norms(backward(one=5000, two=2000, three=50, logits=1))
    assert found.status == "fail" and "over 1000 times the classifier's at two" in found.figure
    assert signals.gradient_norms(backward(one=20, logits=1)).status == "warn"


def test_a_unit_is_dead_that_answers_every_image_alike_at_every_place():
    x = np.random.default_rng(0).normal(size=(5, 3, 3, 10))
    assert signals.dead_units({"conv": x}).figure == "none"
    x[..., :6] = np.arange(54).reshape(3, 3, 6)
    found = signals.dead_units({"other": x[..., 6:], "conv": x})
    assert (found.status, found.figure) == ("warn", "60% at conv")
    assert signals.dead_units({"conv": np.zeros((5, 10))}).status == "fail"


def test_frozen_tells_what_is_meant_from_what_is_not():
    before = {"a/kernel": np.ones(2), "b/kernel": np.ones(2)}
    moved = {name: array + 1 for name, array in before.items()}
    assert signals.frozen(before, moved).figure == "2 of 2 move"
    half = before | {"a/kernel": np.zeros(2)}
    found = signals.frozen(before, half)
    assert (found.status, found.figure) == ("fail", "b/kernel did not move")
    found = signals.frozen(before, half, frozenset({"b/kernel"}))
    assert found.status == "warn" and "set to be frozen: b/kernel" in found.figure


@pytest.mark.parametrize(
    ("step", "status", "advice"),
    [
        (1e-3, "pass", ""),
        (0.2, "warn", "lower"),
        (5.0, "fail", "lower"),
        (1e-5, "warn", "raise"),
        (0, "fail", "raise"),
    ],
)
def test_update_ratio(step, status, advice):
    before = {"a/kernel": np.array([3.0, 4.0])}
    after = {"a/kernel": before["a/kernel"] * (1 + step)}
    found = signals.update_ratio((before, before), (before, after))
    assert found.status == status and found.advice.startswith(advice)
    assert f"{step:.1e} (a/kernel)" in found.figure


@pytest.mark.parametrize(
    ("loss", "status"),
    [(2.31, "pass"), (4.0, "warn"), (1.9, "warn"), (0.9, "fail"), (30.0, "fail"), (np.nan, "fail")],
)
def test_chance_loss(loss, status):
    found = training.chance_loss(loss, 10)
    assert found.status == status and "ln(10) = 2.303" in found.figure


@pytest.mark.parametrize(("hits", "status"), [(64, "pass"), (60, "warn"), (31, "fail")])
def test_overfits(hits, status):
    assert training.overfits(hits, 64, 150).status == status


def answers(predicted: list[int], labels: list[int], classes: int) -> training.Answers:
    return training.answers(np.array(predicted), np.array(labels), classes, np.random.default_rng(0))


def test_answers_are_judged_against_names_dealt_out_at_random():
    labels = [0] * 5 + [1] * 5 + [2] * 5
    right = answers(labels, labels, 3)
    assert right.accuracy == 1 and right.chance == pytest.approx(1 / 3)
    assert right.p == pytest.approx(1 / 6, abs=0.03)
    assert answers([0] * 15, labels, 3).p == 1
    turned = answers([1] * 5 + [2] * 5 + [0] * 5, labels, 3)
    assert (turned.accuracy, turned.p) == (0, 1)


def test_answers_that_sort_images_without_knowing_names_are_no_learning():
    """All images sorted by class, one name of ten right: what guessing names gets right too."""
    labels = np.arange(500) % 10
    named = answers(list(labels), list(labels), 10)
    assert named.learned and named.p <= 0.001
    lucky = labels.copy()
    lucky[labels > 0] = labels[labels > 0] % 9 + 1
    found = answers(list(lucky), list(labels), 10)
    assert found.accuracy == 0.1 and not found.learned


def test_controls():
    learned, chance = training.Answers(0.3, 0.1, 0.001), training.Answers(0.13, 0.1, 0.2)
    assert training.random_input(learned, chance).status == "pass"
    assert (
        "0.130 from noise, 0.300 (above chance, p = 0.001)" in training.random_input(learned, chance).figure
    )
    assert training.random_input(learned, training.Answers(0.29, 0.1, 0.001)).status == "fail"
    assert training.random_input(learned, training.Answers(0.15, 0.1, 0.001)).status == "pass"
    assert training.random_input(chance, chance).status == "warn"
    assert training.shuffled_labels(learned, chance).status == "pass"
    assert training.shuffled_labels(chance, chance).status == "fail"
    leak = training.shuffled_labels(learned, training.Answers(0.29, 0.1, 0.001))
    assert leak.advice.startswith("shuffled labels are answered right")


def test_train_inference_minds_only_the_worse_inference():
    assert training.train_inference(2.0, 1.0).status == "pass"
    assert training.train_inference(1.0, 2.0).status == "warn"
    assert training.train_inference(1.0, 6.0).status == "fail"
    assert training.train_inference(1.0, np.nan).status == "fail"
