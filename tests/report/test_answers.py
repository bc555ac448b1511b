"""The sentence that each question of a command line gets, with figures by hand."""

import dataclasses
import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from synthetic import write_study
from test_report import designs

from ablation import report
from ablation.report.answers import _paying
from ablation.results.read import load

REFERENCE = Path(__file__).parents[2] / "results/reference"


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Without noise every figure is known: batch norm +6.7 in both designs, noise +0.2 and +0.2."""
    path = tmp_path_factory.mktemp("answers")
    given = designs()
    given["test"] |= {"baseline": 0.60, "noise": 0.61, "batch_norm": 0.67}
    return report.closing(write_study(path, noise=0.0, **given)).answers


def test_designs_are_answered(said):
    orders, agree = said[:2]
    assert orders.startswith("Orders: averaged over 2 orders, batch norm adds most, +6.0 ")
    assert agree == (
        "Designs: they give 2 of 2 tricks the same sign and differ most on batch norm: +6.0 (cumulative),"
        " +7.0 (add-one) and +6.0 (orders) points."
    )


def test_controls_are_answered(said):
    control = next(one for one in said if one.startswith("Control compute"))
    assert re.fullmatch(
        r"Control compute: against as much computation, batch norm \w[\w ]* \(\+2\.0\)\.", control
    )
    assert any(
        re.fullmatch(r"As much computation (alone|may).* the gain of batch norm\.", one) for one in said
    )
    floor = next(one for one in said if one.startswith("Control aa"))
    assert re.search(r"±\d\.\d points; a smaller difference is chance", floor)


def test_budgets_and_protocols_are_answered(said):
    assert "Budget: no trick is shown to help at any number of epochs." in said
    budget = next(one for one in said if one.startswith("Budget"))
    assert budget.startswith("Budget: from 10 to 20 epochs ") and budget.endswith("on the number of epochs.")
    assert re.search(r"0 of 2 verdicts depend", budget)
    assert sum(one.startswith("Protocol: reading the result off the test curve") for one in said) == 1


def test_a_plain_ladder_asks_nothing_more(tmp_path):
    assert report.closing(write_study(tmp_path)).answers == []


def test_smoke_answers_nothing():
    whole = load(REFERENCE / "generalization/cifar10-quick")
    small = dataclasses.replace(whole, manifest=whole.manifest | {"preset": "smoke"})
    assert report.closing(whole).answers and report.closing(small).answers == []


def test_leaving_out_is_answered_by_what_each_trick_costs():
    answer = report.closing(load(REFERENCE / "generalization/cifar10-quick")).answers[0]
    assert answer == (
        "The full recipe, one trick left out at a time, in points: it needs batch norm (+6.8) and"
        " capacity (+11.1); it is better without dropout (−3.2) and augment (−2.6);"
        " it does as well without noise (−0.1) and L2 (+0.4); still open: residual (−1.6)."
    )


def test_the_budget_at_which_a_trick_begins_to_pay_is_named():
    found = SimpleNamespace(step_title=lambda design, step: step)
    rows = [("noise", 10, "open"), ("noise", 20, "open"), ("dropout", 10, "hurts"), ("dropout", 20, "helps")]
    kinds = pd.DataFrame([("ladder", *row) for row in rows], columns=["design", "step", "epochs", "kind"])
    assert _paying(found, kinds) == "shown to help: dropout from 20 epochs"
