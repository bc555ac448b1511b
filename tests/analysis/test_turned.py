import base64
import math

import numpy as np
import pytest
from synthetic import ladder, write_study

from ablation import report
from ablation.analysis.turned import turned, turned_images
from ablation.errors import UserError
from ablation.report import findings
from ablation.report.how_judged import how_judged
from ablation.report.sheets import sheets


def test_turned_by_hand():
    before = np.array([[0, 1, 1, 0, 0], [0, 1, 0, 0, 1], [0, 1, 1, 1, 0]], bool)
    after = np.array([[1, 0, 1, 1, 0], [1, 0, 0, 1, 0], [1, 1, 1, 0, 0]], bool)
    found = turned(before, after)
    assert (found.fixed, found.broken) == ((0, 3), (1,))
    assert found.before.tolist() == [0, 3, 2, 1, 1] and found.after.tolist() == [3, 1, 2, 2, 0]
    assert found.by_chance == pytest.approx((0 + 0 + 2 + 2 + 2) / 3)


def test_a_tie_of_seeds_turns_nothing_and_one_seed_has_no_chance():
    found = turned(np.array([[0, 0], [0, 1]], bool), np.array([[1, 1], [0, 1]], bool))
    assert (found.fixed, found.broken) == ((), ())
    assert math.isnan(turned(np.ones((1, 2), bool), np.zeros((1, 2), bool)).by_chance)


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="expected two arrays"):
        turned(np.ones((2, 3), bool), np.ones((3, 3), bool))


CLASSES = ["cat", "dog"]
TRUTH = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]


def kept(*places, **more):
    """The record of a trial that predicts these of ten test images right: four cats, then six dogs."""
    hits = np.zeros(10, bool)
    hits[list(places)] = True
    cats, dogs = int(hits[:4].sum()), int(hits[4:].sum())
    right = {
        "images": "0" * 64,
        "number": 10,
        "bits": base64.b64encode(np.packbits(hits).tobytes()).decode(),
        "by_class": True,
    }
    return {"confusion": [[cats, 4 - cats], [6 - dogs, dogs]], "right": right | more}


def two_seeds(path, more=None):
    """Under seed 0, noise fixes 1 and 5 and breaks 0; under seed 1 it fixes 1, 2, 6 and 7 and breaks 0 and 4."""
    outcomes = {
        ("baseline", 0): kept(0, 4),
        ("noise", 0): kept(1, 4, 5),
        ("baseline", 1): kept(0, 3, 4, 5),
        ("noise", 1): kept(1, 2, 3, 5, 6, 7),
        ("batch_norm", 0): kept(1, 4),
        ("batch_norm", 1): {"confusion": None},
    }
    return write_study(
        path,
        steps=ladder(3),
        seeds=(0, 1),
        outcomes=outcomes | (more or {}),
        dataset={"classes": CLASSES, "test": 10},
    )


def test_all_test_images_by_hand(tmp_path):
    table = turned_images(two_seeds(tmp_path)).set_index(["step", "class"])
    whole = table.loc["noise", ""]
    assert (whole.base, whole.seeds, whole.images) == ("baseline", 2, 10)
    assert (whole.fixed_mean, whole.fixed_min, whole.fixed_max) == (3, 2, 4)
    assert (whole.broken_mean, whole.broken_min, whole.broken_max) == (1.5, 1, 2)
    assert whole.by_chance == 1, "the seeds of baseline differ on 3 and 5, which one of them has right"
    cats, dogs = table.loc["noise", "cat"], table.loc["noise", "dog"]
    assert (cats.images, cats.fixed_mean, cats.broken_mean, cats.by_chance) == (4, 1.5, 1, 0.5)
    assert (dogs.images, dogs.fixed_mean, dogs.broken_mean, dogs.by_chance) == (6, 1.5, 0.5, 0.5)
    alone = table.loc["batch_norm", ""]
    assert (alone.seeds, alone.fixed_mean, alone.broken_mean) == (1, 0, 1) and math.isnan(alone.by_chance)


def test_fixed_minus_broken_is_the_difference_of_accuracies(tmp_path):
    draw = np.random.default_rng(0)
    steps, seeds = ladder(3), (0, 1, 2)
    right = {(one["step"], seed): draw.random(10) < 0.6 for one in steps for seed in seeds}
    outcomes = {place: kept(*np.flatnonzero(hits)) for place, hits in right.items()}
    found = write_study(
        tmp_path, steps=steps, seeds=seeds, outcomes=outcomes, dataset={"classes": CLASSES, "test": 10}
    )
    for row in turned_images(found).itertuples():
        own = np.array([row[4] in ("", CLASSES[label]) for label in TRUTH])
        gain = [right[row.step, seed][own].sum() - right[row.base, seed][own].sum() for seed in seeds]
        assert row.fixed_mean - row.broken_mean == pytest.approx(np.mean(gain))


def test_the_report_says_how_many_and_by_class(tmp_path, no_figures):
    two_seeds(tmp_path)
    names = {file.name for file in report.write(tmp_path)}
    assert "turned.csv" in names
    page = " ".join((tmp_path / "report.html").read_text().split())
    assert (
        "Of all 10 test images, noise fixed 3 that baseline predicts wrong under the same seed, and broke 1.5 (means of"
        " 2 seeds; 2 to 4 and 1 to 2). Another seed of baseline fixes 1 and breaks as many." in page
    )
    assert "One seed cannot tell this from chance." in page
    assert '<th scope="row">dog</th><td>6</td><td>1.5 (1 to 2)</td><td>0.5 (0 to 1)</td><td>+1</td>' in page
    text = (tmp_path / "report.md").read_text()
    assert "## How many of 10 test images each rung turned" in text
    assert "| noise | cumulative | 3 (2 to 4) | 1.5 (1 to 2) | +1.5 | 1 |" in text
    assert "| batch norm | cumulative | 0 | 1 | −1 | – |" in text
    assert "is not known of 1 of 6 trials" in text


def test_trials_of_before_are_left_out_and_told(tmp_path):
    """Of noise, one seed has no record at all, the other one in the order of the test set, which tells no class."""
    plain = kept(1, 4, 5)
    del plain["right"]["by_class"]
    told = write_study(
        tmp_path,
        steps=ladder(2),
        seeds=(0, 1),
        outcomes={("baseline", 0): kept(0, 4), ("baseline", 1): kept(0), ("noise", 1): plain},
        dataset={"classes": CLASSES, "test": 10},
    )
    assert turned_images(told).empty, "other orders are not compared"
    said = " ".join(how_judged(findings.collect(told)))
    assert "Which test images they predicted right is not known of 1 of 4 trials" in said
    assert not any("turned" in sheet.title for sheet in sheets(findings.collect(told)))


def test_classes_are_left_out_where_the_order_tells_none(tmp_path):
    outcomes = {}
    for place, one in {("baseline", 0): kept(0), ("noise", 0): kept(1)}.items():
        del one["right"]["by_class"]
        outcomes[place] = one
    found = write_study(
        tmp_path, steps=ladder(2), seeds=[0], outcomes=outcomes, dataset={"classes": CLASSES, "test": 10}
    )
    (row,) = turned_images(found).itertuples()
    assert (row[4], row.fixed_mean, row.broken_mean) == ("", 1, 1)


def test_more_bits_than_images_are_refused(tmp_path):
    with pytest.raises(UserError, match="expected a bit of each of the 10 images of confusion, found 9"):
        two_seeds(tmp_path, {("noise", 0): kept(1, number=9)})
