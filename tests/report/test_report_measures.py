"""The report of a run that another measure than accuracy decides: every table, figure and sentence has its units."""

import io

import numpy as np
import pytest
from rich.console import Console
from synthetic import LADDER, ladder, step, write_study

from ablation import measures, report
from ablation.errors import UserError
from ablation.report import export, figures, findings, page, sheets, text
from ablation.report.answers import answers
from ablation.report.caveats import caveats
from ablation.report.compare import compare, to_markdown
from ablation.report.headline import headline
from ablation.report.how_judged import how_judged
from ablation.results.read import load

STUDY = {"name": "x", "title": "X"}
LOSSES = dict(zip(LADDER, (1.9, 1.5, 1.5, 1.8), strict=False))
SEEDS = (0, 1, 2)


def write(path, steps=None, luck=0, **more):
    """A ladder that log loss decides: noise helps, batch norm makes no difference, dropout hurts."""
    random = np.random.default_rng(luck)
    outcomes = {
        (name, seed): {
            "measures": {
                "log_loss": loss + random.normal(0, 0.004),
                "balanced_accuracy": 0.9 - loss / 4 + random.normal(0, 0.002),
            }
        }
        for name, loss in LOSSES.items()
        for seed in SEEDS
    }
    told = [measures.get(name).told() for name in ("log_loss", "balanced_accuracy", "accuracy")]
    return write_study(
        path,
        steps=steps or ladder(4),
        seeds=SEEDS,
        outcomes=outcomes,
        **({"study": STUDY, "measures": told} | more),
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return findings.collect(write(tmp_path_factory.mktemp("run")))


def shown(table):
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()


def test_the_sentences_are_about_the_measure_and_in_its_units(found):
    told = headline(found)
    assert "from baseline to dropout, log loss goes from 1.90" in told and "Noise (−0.4" in told
    assert "helps." in told and "Dropout (+0.3" in told and "hurts." in told and "%" not in told
    assert any(
        one.startswith("Balanced accuracy: 42.5 % to 4") and "noise helps (+" in one for one in answers(found)
    )
    judged = " ".join(how_judged(found))
    assert (
        "The lower the log loss, the better." in judged
        and "±0.05 nats" in judged
        and "delta in nats" in judged
    )


def test_the_terminal_table_fits_and_has_its_column(found):
    told = shown(text.terminal(found))
    assert "log loss" in told and "lecture" not in told and "…" not in told
    row = next(line for line in told.splitlines() if line.strip().startswith("noise"))
    assert "1.50" in row and "−0.4" in row and "helps" in row
    assert "within ±0.05 nats" in " ".join(told.split())


def test_each_other_measure_has_a_table_of_its_own(found):
    made = {one.title: one for one in sheets.sheets(found)}
    times = made["What each trick costs in time"].columns
    assert times == ("trick", "design", "change, nats", "verdict", "time"), "nats a minute are no price"
    balanced = made["By another measure: balanced accuracy"]
    assert [row[0] for row in balanced.rows] == ["baseline", "noise", "batch norm", "dropout"]
    assert balanced.rows[1][-1] == "helps" and balanced.rows[3][-1] == "hurts" and "%" in balanced.rows[1][2]
    assert "within ±1 points" in balanced.note and "Log loss decides" in balanced.note
    assert "By another measure: test accuracy" in made


def test_page_and_markdown_hold_it(found):
    html = page.html(found)
    assert "By another measure: balanced accuracy" in html and ">log loss<" in html
    told = text.markdown(found, ["ladder"], sheets.sheets(found))
    assert "| rung | log loss | gap |" in told and "1.50" in told


def test_every_figure_is_of_the_measure(found):
    for name, figure in figures.drawings(found).items():
        figure.draw(found)
        figure.draw(found, wide=False)
        words = figure.alt(found)
        if name in ("ladder", "cost", "delta"):
            assert "og loss" in words and "points" not in words and " %" not in words


def test_shapley_values_of_a_loss_name_what_lowers_it_most(tmp_path):
    orders = [
        {"order": None, "role": "start", "change": None, "variant": {"design": "orders"}},
        *(
            {"order": order, "role": "added", "change": name, "variant": {"design": "orders"}}
            for order, names in ((1, ("noise", "dropout")), (2, ("dropout", "noise")))
            for name in names
        ),
    ]
    places = [
        ("baseline", None),
        ("noise", "baseline"),
        ("batch_norm", "noise"),
        ("l2", "baseline"),
        ("augment", "l2"),
    ]
    steps = [
        step(
            "orders",
            name,
            i,
            base,
            [] if base is None else [name],
            **{"control": None, "protocol": "honest"} | fields,
        )
        for i, ((name, base), fields) in enumerate(zip(places, orders, strict=True))
    ]
    values = {"baseline": 2.0, "noise": 1.5, "batch_norm": 1.6, "l2": 2.1, "augment": 1.6}
    outcomes = {
        (name, seed): {"measures": {"log_loss": value}} for name, value in values.items() for seed in SEEDS
    }
    told = [measures.get("log_loss").told(), measures.get("accuracy").told()]
    made = write_study(tmp_path, steps=steps, seeds=SEEDS, outcomes=outcomes, study=STUDY, measures=told)
    assert any("noise lowers it most, −0.500" in one for one in answers(findings.collect(made)))


def test_a_paper_gets_the_column_of_the_measure(found):
    table = export.table(found, "markdown")
    assert "| Step | Log loss (nats) | Gap | Delta |" in table and "1.50" in table and "nats against" in table
    chosen = ("rung", "test", "balanced_accuracy", "balanced_accuracy_delta", "balanced_accuracy_verdict")
    table = export.table(found, "markdown", chosen)
    assert "Balanced accuracy (%)" in table and "| helps |" in table
    assert "measure_log_loss_mean" in export.table(found, "csv", ("rung", "log_loss")).splitlines()[0]
    with pytest.raises(UserError, match=r"--columns auc: the run does not report it; .* --measures auc"):
        export.table(found, "latex", ("auc",))
    with pytest.raises(UserError, match="--columns: unknown 'log_los'; did you mean 'log_loss'"):
        export.table(found, "latex", ("log_los",))


def test_the_best_is_the_lowest_loss(tmp_path):
    outcomes = {
        (name, seed): {"measures": {"log_loss": loss + seed**2 * len(name) / 1e4}}
        for name, loss in (("baseline", 2.0), ("noise", 1.0), ("batch_norm", 1.5))
        for seed in SEEDS
    }
    told = [measures.get("log_loss").told(), measures.get("accuracy").told()]
    made = write_study(tmp_path, steps=ladder(3), seeds=SEEDS, outcomes=outcomes, study=STUDY, measures=told)
    assert export.separable_best(findings.collect(made)) == "noise"


def test_two_folders_are_compared_by_what_decides_or_by_what_is_asked(tmp_path):
    for name, luck in (("a", 0), ("b", 1)):
        write(tmp_path / name, luck=luck)
    folders = [tmp_path / "a", tmp_path / "b"]
    table = compare(folders)
    assert set(table["measure"]) == {"log_loss"} and table["reference_mean"].max() > 1.5
    assert "Differences in nats" in to_markdown(table) and ", by log loss" in to_markdown(table)
    assert compare(folders, "balanced_accuracy")["reference_mean"].max() < 0.6
    with pytest.raises(UserError, match=r"no pair of trials in .* has auc"):
        compare(folders, "auc")
    with pytest.raises(UserError, match="unknown measure 'loss'"):
        compare(folders, "loss")


def test_a_lower_loss_in_the_other_folder_is_called_lower(tmp_path):
    for name, loss in (("a", 2.0), ("b", 1.0)):
        outcomes = {
            ("baseline", seed): {"measures": {"log_loss": loss + seed**2 * loss / 1000}} for seed in SEEDS
        }
        told = [measures.get("log_loss").told(), measures.get("accuracy").told()]
        write_study(
            tmp_path / name, steps=ladder(1), seeds=SEEDS, outcomes=outcomes, study=STUDY, measures=told
        )
    table = compare([tmp_path / "a", tmp_path / "b"])
    assert list(table["verdict_words"]) == ["lower"] and list(table["verdict_kind"]) == ["helps"]


def test_trials_without_the_measure_and_looks_of_another_are_warned_of(tmp_path):
    told = [measures.get("auc").told(), measures.get("accuracy").told()]
    looks = {"seeds": [3, 6], "shares": [0.5, 0.5], "order": [0, 1, 2, 3, 4, 5], "taken": 1}
    made = findings.collect(
        write_study(tmp_path, steps=ladder(2), seeds=SEEDS, study=STUDY, measures=told, looks=looks)
    )
    notes = " ".join(caveats(made))
    assert "AUC, one against the rest: 6 of 6 done trials have none" in notes
    assert "Seeds were given on demand by accuracy, not by auc" in notes


def test_looks_of_another_measure_keep_no_error_of_this_one(tmp_path):
    told = [measures.get("balanced_accuracy").told(), measures.get("accuracy").told()]
    looks = {"seeds": [3, 6], "shares": [0.6, 0.4], "order": list(range(6)), "taken": 2}
    made = findings.collect(
        write_study(tmp_path, steps=ladder(3), seeds=range(6), measures=told, looks=looks)
    )
    judged = " ".join(how_judged(made))
    assert "look" not in judged and "90 % interval lies" in judged
    assert "not by balanced_accuracy" in " ".join(caveats(made))


def test_recall_by_class_has_a_table_and_a_file(tmp_path, no_figures):
    study = STUDY | {"measures": ["class_recall"]}
    write_study(tmp_path, steps=ladder(3), seeds=SEEDS, study=study)
    found = findings.collect(load(tmp_path))
    (sheet,) = [one for one in sheets.sheets(found) if one.title == "Recall by class"]
    assert sheet.columns == ("class", "baseline", "noise", "batch norm") and len(sheet.rows) == 10
    assert sheet.rows[3][0] == "cat" and sheet.rows[3][1].endswith(" %") and "(" in sheet.rows[3][2]
    report.write(tmp_path)
    assert (tmp_path / "classes.csv").read_text(encoding="utf-8").count("\n") == 31
