"""Numbers as a reader sees them."""

import pytest

from ablation import wording


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (wording.percent(0.6741), "67.4 %"),
        (wording.percent(float("nan")), "–"),
        (wording.signed(-0.012), "−1.2"),
        (wording.signed(-0.0001), "0.0"),
        (wording.gap_points(0.213), "21.3 points"),
        (wording.interval(0.01, -0.002), "[+1.0, −0.2]"),
        (wording.interval(float("nan"), 0.1), ""),
        (wording.spread(0.674, 0.655), "67.4 ± 1.9 %"),
        (wording.spread(0.97, 0.915), "97.0 [91, 100] %"),
        (wording.spread(0.12, -0.3), "12.0 [0, 54] %"),
        (wording.spread(0.5, float("nan")), "50.0 %"),
        (wording.count(21034826), "21.0 M"),
        (wording.count(512), "512"),
        (wording.duration(9.96), "10.0 s"),
        (wording.duration(59.7), "1 min 00 s"),
        (wording.duration(75), "1 min 15 s"),
        (wording.duration(3599.6), "1 h 00 min"),
        (wording.duration(7500), "2 h 05 min"),
    ],
)
def test_numbers_for_people(text, expected):
    assert text == expected
