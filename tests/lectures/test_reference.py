"""`ablation show TRICK` quotes what a reference run measured, and only for steps that add that trick alone."""

import json
import re

from ablation.lectures.reference import REFERENCE, measured


def test_quotes_steps_of_the_trick_alone(tmp_path):
    run = tmp_path / "study" / "cifar10-quick"
    run.mkdir(parents=True)
    tricks = {"base": [], "dropout": ["dropout"], "both": ["dropout", "l2"]}
    steps = [
        {"design": "cumulative", "step": step, "tricks": [{"name": name} for name in names]}
        for step, names in tricks.items()
    ]
    (run / "manifest.json").write_text(json.dumps({"steps": steps}))
    (run / "summary.csv").write_text(
        "design,step,n,delta,delta_ci_low,delta_ci_high,verdict\n"
        "cumulative,base,3,,,,\n"
        "cumulative,dropout,3,0.0512,0.021,0.0814,helps\n"
        "cumulative,both,3,0.09,0.08,0.1,helps\n"
    )
    assert list(measured("dropout", tmp_path)) == [
        "study cifar10-quick, cumulative, n = 3: +5.1 [+2.1, +8.1] points, helps"
    ]
    assert list(measured("l2", tmp_path)) == []


def test_every_picture_of_a_reference_report_is_there():
    reports = list(REFERENCE.glob("*/*/report.md"))
    shown = [
        file.parent / link
        for file in reports
        for link in re.findall(r"\]\(([^)]+\.png)\)", file.read_text("utf-8"))
    ]
    assert len(shown) > len(reports)
    assert [str(picture) for picture in shown if not picture.is_file()] == []
