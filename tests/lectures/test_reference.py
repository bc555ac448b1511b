"""`ablation show TRICK` quotes what a reference run measured, and only for steps that add that trick alone."""

import json
import re

import numpy as np

from ablation.analysis.pooling import pool
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


def test_what_all_runs_say_is_pooled_and_a_lucky_one_is_only_one_of_them(tmp_path):
    for number, (delta, deviation) in enumerate(((0.006, 0.001), (0.0, 0.006), (-0.002, 0.006))):
        run = tmp_path / f"study{number}" / "cifar10-quick"
        run.mkdir(parents=True)
        step = {"design": "cumulative", "step": "noise", "tricks": [{"name": "noise"}]}
        (run / "manifest.json").write_text(json.dumps({"steps": [step]}))
        (run / "summary.csv").write_text(
            "design,step,n,pairs,delta,delta_ci_low,delta_ci_high,deviation,verdict\n"
            f"cumulative,noise,3,3,{delta},{delta - 0.01},{delta + 0.01},{deviation},open\n"
        )
    *single, together = measured("noise", tmp_path)
    assert len(single) == 3
    pooled = pool(np.array([0.006, 0.0, -0.002]), np.array([0.001, 0.006, 0.006]) / 3**0.5)
    assert together.startswith(f"all 3 runs that add it together: +{100 * pooled.mean:.1f} [")
    assert "single runs from −0.2 to +0.6" in together


def test_every_picture_of_a_reference_report_is_there():
    reports = list(REFERENCE.glob("*/*/report.md"))
    shown = [
        file.parent / link
        for file in reports
        for link in re.findall(r"\]\(([^)]+\.png)\)", file.read_text("utf-8"))
    ]
    assert len(shown) > len(reports)
    assert [str(picture) for picture in shown if not picture.is_file()] == []
