"""What a notebook shows of a results folder: the figures of its tables, and nothing of it as markup."""

import xml.etree.ElementTree as ElementTree

from synthetic import EVIL, ladder, step, write_study

from ablation.library import StudyResults
from ablation.report import findings, notebook
from ablation.report.headline import headline
from ablation.wording import spread


def cells(page):
    """The texts of each row of a fragment."""
    return [["".join(cell.itertext()) for cell in row] for row in ElementTree.fromstring(page).iter("tr")]


def test_results_show_themselves_as_a_table_with_verdicts(tmp_path):
    found = findings.collect(write_study(tmp_path, steps=ladder(3)))
    page = StudyResults(tmp_path)._repr_html_()
    rows = cells(page)
    assert rows[0] == ["rung", "test", "gap", "delta", "verdict", "published"]
    for told, row in zip(rows[1:], found.table.itertuples(), strict=True):
        assert told[0] == found.title(row) and told[1] == spread(row.test_mean, row.test_ci_low)
        assert told[4] == row.verdict_words
    assert headline(found) in "".join(ElementTree.fromstring(page).itertext())


def test_nothing_of_a_folder_becomes_markup(tmp_path):
    steps = ladder(2)
    steps[1]["title"] = EVIL
    page = notebook.html(findings.collect(write_study(tmp_path, steps=steps)))
    tags = {element.tag for element in ElementTree.fromstring(page).iter()}
    assert tags == {"div", "p", "b", "table", "thead", "tbody", "tr", "th", "td"}
    assert cells(page)[2][0] == EVIL


def test_designs_have_headings_and_orders_their_shapley_values(tmp_path):
    orders = [step("orders", "start", 0, None, []), step("orders", "o1_noise", 1, "start", ["noise"])]
    test = {"start": 0.6, "o1_noise": 0.61}
    made = write_study(tmp_path, steps=[*ladder(2), *orders], test=test, train=dict.fromkeys(test, 0.99))
    rows = cells(notebook.html(findings.collect(made)))
    assert [row[0] for row in rows if len(row) == 1] == ["cumulative", "orders"]
    assert rows[-1][0] == "noise" and rows[-1][4] == "Shapley value, 1 order"
