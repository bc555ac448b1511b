import base64

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from synthetic import ladder, write_study

from ablation.analysis.images import image_error, image_errors
from ablation.report import findings
from ablation.report.how_judged import how_judged

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


def right(hits, images="0" * 64):
    bits = base64.b64encode(np.packbits(hits).tobytes()).decode()
    return {"right": {"images": images, "number": len(hits), "bits": bits}}


def hits(*places):
    found = np.zeros(10, bool)
    found[list(places)] = True
    return found


def test_a_folder_by_hand(tmp_path):
    """Differences an image, over two seeds: 1, 1/2, 1/2, -1/2, six 0; a seed: +.2 and +.1."""
    outcomes = {
        ("baseline", 0): right(hits(4)),
        ("baseline", 1): right(hits(3, 4)),
        ("noise", 0): right(hits(0, 1, 4)),
        ("noise", 1): right(hits(0, 2, 4)),
        ("batch_norm", 0): right(hits(1), images="1" * 64),
    }
    found = write_study(tmp_path, steps=ladder(3), seeds=(0, 1, 2), outcomes=outcomes)
    (row,) = image_errors(found).itertuples()
    assert (row.step, row.seeds, row.images) == ("noise", 2, 10)
    squares = 1 + 3 * 0.25
    assert row.image_error == pytest.approx(((squares / 10 - 0.15**2) / 10) ** 0.5)
    assert row.seed_error == pytest.approx(0.05)
    told = " ".join(how_judged(findings.collect(found)))
    assert "Which 10 test images were taken moves a difference of accuracies by 12.3 points at most" in told
    assert "which seeds were taken by 5.0 points (standard errors, medians of 1 comparison;" in told


def test_nothing_is_said_of_trials_that_do_not_keep_their_predictions(tmp_path):
    found = write_study(tmp_path, steps=ladder(3))
    assert image_errors(found).empty
    assert "test images were taken" not in " ".join(how_judged(findings.collect(found)))


def test_the_mean_difference_varies_as_told_from_one_draw_of_test_images_to_the_next():
    """Trained networks stay as they are; test sets of 500 images are drawn anew from a population."""
    draw = generator(3)
    ease = draw.beta(1, 1, (1, 200_000))
    base, step = (draw.random((3, 200_000)) < ease + gain for gain in (0, 0.04))
    places = [draw.integers(0, 200_000, 500) for _ in range(2000)]
    differences = [step[:, some].mean() - base[:, some].mean() for some in places]
    told = np.mean([image_error(step[:, some], base[:, some]) for some in places[:200]])
    assert told == pytest.approx(np.std(differences), rel=0.05)
