"""The small tables of a report."""

import re

from synthetic import step, write_study

from ablation.report import findings, page, sheets, text


def test_what_a_trick_costs_in_time_stands_beside_what_it_adds(tmp_path):
    steps = [
        step("cumulative", "baseline", 0, None, []),
        step("cumulative", "dropout", 1, "baseline", ["dropout"]),
        step("leave-one-out", "full", 0, None, []),
        step("leave-one-out", "without-dropout", 1, "full", [], title="without dropout", change="dropout"),
    ]
    slow, quick = ("dropout", "full"), ("baseline", "without-dropout")
    true = dict.fromkeys(slow, 0.8) | dict.fromkeys(quick, 0.76)
    times = dict.fromkeys(slow, 90.0) | dict.fromkeys(quick, 60.0)
    outcomes = {(one, seed): {"train_seconds": times[one] + seed} for one in times for seed in (0, 1, 2)}
    more = {"steps": steps, "test": true, "train": true, "noise": 1e-5, "outcomes": outcomes}
    found = findings.collect(write_study(tmp_path / "quick", **more))
    markdown = text.markdown(found, [], sheets.sheets(found))
    table = markdown.partition("## What each trick costs in time")[2].replace("\\", "")
    assert "| trick | design | change, points | verdict | time | points a minute |" in table
    for design in ("cumulative", "leave-one-out"):  # thirty seconds more, twice as many points as minutes
        row = (
            rf"\| dropout \| {design} \| \+4\.0 \[[^]]*\] \| helps \| 1\.49× \[1\.4\d, 1\.5\d\] \| \+8\.0 \|"
        )
        assert re.search(row, table), table
    shown = page.html(found)
    assert "with the trick 1.49× [" in shown and "8.0 points per extra minute" in shown
    smoke = findings.collect(write_study(tmp_path / "smoke", preset="smoke", **more))
    assert not any("time" in one.title for one in sheets.sheets(smoke)), (
        "at smoke nothing reads like an answer"
    )
    assert "with the trick" not in page.html(smoke)
