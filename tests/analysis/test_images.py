import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from ablation.analysis.images import image_error

generator = np.random.default_rng


def predictions(seeds=3, images=400):
    """Easy images are right with every network."""
    draw = generator(0)
    ease = draw.beta(1, 1, images)
    return draw.random((seeds, images)) < ease + 0.05, draw.random((seeds, images)) < ease


def test_agrees_with_drawing_the_images_anew():
    step, base = predictions()
    draws = generator(1).integers(0, 400, (20_000, 400))
    difference = (step.mean(0) - base.mean(0))[draws].mean(1)
    assert image_error(step, base) == pytest.approx(difference.std(), rel=0.02)


def test_one_seed_by_hand_is_mcnemars_standard_error():
    """12 images won and 5 lost of 100: variance ((12 + 5) / 100 - 0.07^2) / 100."""
    step, base = np.zeros((2, 1, 100), bool)
    step[0, :12], base[0, 12:17] = True, True
    assert image_error(step, base) == pytest.approx(((0.17 - 0.07**2) / 100) ** 0.5)
    z = 0.07 / (0.17 / 100) ** 0.5
    assert z**2 == pytest.approx(mcnemar([[0, 12], [5, 83]], exact=False, correction=False).statistic)


def test_pairing_counts_and_the_same_predictions_have_no_error():
    step, base = predictions()
    shuffled = generator(2).permuted(base, axis=1)
    assert image_error(step, base) < 0.8 * image_error(step, shuffled)
    assert image_error(step, step) == 0


@pytest.mark.parametrize("shapes", [((2, 5), (3, 5)), ((5,), (5,)), ((0, 5), (0, 5))])
def test_other_shapes_are_refused(shapes):
    with pytest.raises(ValueError, match="seeds, images"):
        image_error(*(np.zeros(shape, bool) for shape in shapes))
