"""`ablation show TRICK` quotes what a reference run measured, and only for steps that add that trick alone."""

import json
import re

import numpy as np
import pandas as pd

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
        "design,step,n,pairs,delta,delta_ci_low,delta_ci_high,verdict,verdict_kind,"
        "time_factor,time_factor_low,time_factor_high\n"
        "cumulative,base,3,0,,,,,,,,\n"
        "cumulative,dropout,3,0,0.0512,0.021,0.0814,helps,helps,1.1,1.05,1.152\n"
        "cumulative,both,3,0,0.09,0.08,0.1,helps,helps,2,1.9,2.1\n"
    )
    (told,) = measured("dropout", tmp_path)
    assert told == (
        "study cifar10-quick, cumulative, n = 3: +5.1 [+2.1, +8.1] points, helps;"
        " training time with it 1.10× [1.05, 1.15]"
    )
    assert list(measured("l2", tmp_path)) == []


def write_run(folder, estimates):
    """A reference run that adds noise alone: {design: (delta, deviation)}, three pairs each."""
    folder.mkdir(parents=True)
    role = {"role": "rung", "title": "noise", "change": "noise"}
    steps = [
        {"design": design, "step": "noise", "tricks": [{"name": "noise"}], **role} for design in estimates
    ]
    (folder / "manifest.json").write_text(json.dumps({"steps": steps}))
    gap = ("gap_delta", "gap_delta_low", "gap_delta_high", "gap_verdict_kind", "seeds_needed")
    time = ("time_factor", "time_factor_low", "time_factor_high")
    rows = [
        {"design": design, "step": "noise", "n": 3, "pairs": 3, "delta": delta, "delta_ci_low": delta - 0.01}
        | {"delta_ci_high": delta + 0.01, "deviation": deviation, "verdict": "open", "verdict_kind": "open"}
        | {"verdict_words": "open", **dict.fromkeys((*gap, *time), 0)}
        for design, (delta, deviation) in estimates.items()
    ]
    pd.DataFrame(rows).to_csv(folder / "summary.csv", index=False)


def test_what_all_runs_say_is_pooled_and_a_lucky_one_is_only_one_of_them(tmp_path):
    for number, figures in enumerate(((0.006, 0.001), (0.0, 0.006), (-0.002, 0.006))):
        write_run(tmp_path / f"study{number}" / "cifar10-quick", {"cumulative": figures})
    *single, together = measured("noise", tmp_path)
    assert len(single) == 3
    pooled = pool(np.array([0.006, 0.0, -0.002]), np.array([0.001, 0.006, 0.006]) / 3**0.5)
    assert together.startswith(f"3 comparisons together, of one design a run: +{100 * pooled.mean:.1f} [")
    assert "single ones from −0.2 to +0.6" in together


def test_two_designs_of_one_run_are_not_two_runs(tmp_path):
    both = {"add-one": (0.05, 0.006), "cumulative": (0.004, 0.006)}
    write_run(tmp_path / "one" / "study0" / "cifar10-quick", both)
    assert len(list(measured("noise", tmp_path / "one"))) == 2, "a line each, and nothing to pool"
    write_run(tmp_path / "two" / "study0" / "cifar10-quick", both)
    write_run(tmp_path / "two" / "study1" / "cifar10-quick", {"cumulative": (0.0, 0.006)})
    *single, together = measured("noise", tmp_path / "two")
    assert len(single) == 3
    assert together.startswith("2 comparisons together") and "from 0.0 to +0.4" in together


def test_every_picture_of_a_reference_report_is_there():
    reports = list(REFERENCE.glob("*/*/report.md"))
    shown = [
        file.parent / link
        for file in reports
        for link in re.findall(r"\]\(([^)]+\.png)\)", file.read_text("utf-8"))
    ]
    assert len(shown) > len(reports)
    assert [str(picture) for picture in shown if not picture.is_file()] == []
