"""The table for a paper: figures by hand, marks and bold where they are earned, a LaTeX that takes it."""

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest
from synthetic import EVIL, ladder, write_study

from ablation import tricks
from ablation.cli import main
from ablation.errors import UserError
from ablation.report import bibliography, column_figures, export, findings

ROOT = Path(__file__).parents[2]
LATEX = next(filter(None, map(shutil.which, ("pdflatex", "xelatex", "tectonic"))), None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("export")
    steps = ladder(4)
    for one in steps:
        for trick in one["tricks"]:
            trick["card"] = tricks.card(trick["name"])
    write_study(path, steps=steps, noise=0.001)
    return path


@pytest.fixture(scope="module")
def found(folder):
    return findings.collect(findings_of(folder))


def findings_of(folder):
    from ablation.results.read import load

    return load(folder)


def test_latex_has_a_row_a_rung_with_interval_marks_published_and_sources(found):
    text = export.table(found, "latex")
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 1 + 4 and text.count(r"\midrule") == 1
    assert r"Step & Test (\%) & Gap & Delta & Published" in rows[0]
    row = found.table[found.table["step"] == "dropout"].iloc[0]
    mean, half = 100 * row.test_mean, 100 * (row.test_mean - row.test_ci_low)
    assert rf"\textbf{{{mean:.1f} $\pm$ {half:.1f}}}" in rows[4], "the best, by far beyond what chance moves"
    assert rows[4].startswith(r"    dropout~\cite{srivastava2014dropout} & ")
    assert rows[4].endswith(r"$^{*}$ & 86.6 \\")
    marks = {"helps": "$^{*}$", "hurts": "$^{*}$", "no difference": "$^{=}$"}
    for line, kind in zip(rows[2:], found.table["verdict_kind"][1:], strict=True):
        assert line.count("$^{") == (kind in marks) and marks.get(kind, "") in line
    assert "Holm" in text and "Bold: better than every other step" in text
    assert "@article{srivastava2014dropout," in bibliography.bibtex(found)
    assert "mixup" not in bibliography.bibtex(found), "only tricks of the table"


def test_the_best_is_bold_only_where_it_beats_every_other(tmp_path):
    close = {"baseline": 0.6, "noise": 0.7, "batch_norm": 0.702}
    tie = findings.collect(write_study(tmp_path / "tie", steps=ladder(3), test=close, noise=0.02))
    assert export.separable_best(tie) is None
    assert "textbf" not in export.table(tie, "latex") and "Bold" not in export.table(tie, "latex")
    clear = close | {"batch_norm": 0.9}
    won = findings.collect(write_study(tmp_path / "won", steps=ladder(3), test=clear, noise=0.002))
    assert export.separable_best(won) == "batch_norm"
    likely = close | {"batch_norm": 0.73}
    borrowed = findings.collect(write_study(tmp_path / "borrowed", steps=ladder(3), test=likely, noise=0.006))
    assert export.separable_best(borrowed) == "batch_norm", (
        "the spreads of the others are borrowed, as in the report"
    )
    one = findings.collect(write_study(tmp_path / "one", steps=ladder(3), test=clear, seeds=(0,)))
    assert export.separable_best(one) is None, "one seed shows nothing"
    assert not [
        line for line in export.table(one, "markdown").splitlines() if line[0:1] == "|" and "±" in line
    ]


def test_spread_is_interval_or_deviation(found):
    accuracies = found.done.loc[found.done["step"] == "noise", "test_accuracy"]
    text = export.table(found, "markdown", ("rung", "test"), "deviation")
    assert f"{100 * accuracies.mean():.1f} ± {100 * accuracies.std(ddof=1):.1f} |" in text
    assert "standard deviations over seeds" in text


def test_a_difference_without_an_interval_stands_alone(tmp_path):
    write_study(tmp_path, steps=ladder(2), seeds=[0, 1], noise=0, test={"baseline": 0.1, "noise": 0.1})
    text = export.table(findings.collect(findings_of(tmp_path)), "markdown")
    assert "[–" not in text.replace("\\", "") and "| 0.0 |" in text


def test_csv_holds_numbers(found):
    rows = list(csv.DictReader(io.StringIO(export.table(found, "csv"))))
    assert [row["step"] for row in rows] == ["baseline", "noise", "batch_norm", "dropout"]
    assert float(rows[3]["test_mean"]) == pytest.approx(found.table["test_mean"].iloc[3], rel=1e-9)
    assert rows[0]["delta"] == ""


def test_an_unknown_column_is_told(found):
    with pytest.raises(UserError, match=r"--columns: unknown 'tets'.*did you mean 'test'"):
        export.table(found, "latex", ("rung", "tets"))


def test_every_source_of_a_data_file_is_cited_by_a_card_and_has_its_fields():
    cards = [tricks.card(name) for name in tricks.names()]
    used = {one["key"] for card in cards for one in bibliography.cited(card)}
    assert used == {entry["key"] for entry in bibliography.sources().values()}
    for name, entry in bibliography.sources().items():
        assert {"key", "kind", "author", "title", "year"} <= entry.keys()
        assert entry["year"] == name[-4:] and entry["author"].split(",")[0].split()[-1] in name


@pytest.mark.slow
def test_the_command_writes_table_sources_and_figures(folder, tmp_path, capsys):
    out, pictures = tmp_path / "ladder.tex", tmp_path / "figures"
    assert main(["export", str(folder), "--out", str(out), "--figures", str(pictures)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert str(out) in said and out.with_suffix(".bib").read_text().startswith("% ablation export\n@")
    names = {file.name for file in pictures.iterdir()}
    assert {"ladder.pdf", "ladder.svg", "gap.pdf", "curves.svg"} <= names
    svg = (pictures / "ladder.svg").read_text()
    points = float(svg.partition('width="')[2].partition("pt")[0])
    assert points == pytest.approx(72 * column_figures.COLUMN_WIDTH, abs=0.1)
    assert main(["export", str(folder), "--out", str(out), "--figures", str(pictures)]) == 0  # once more
    capsys.readouterr()
    assert main(["export", str(folder), "--format", "markdown"]) == 0
    assert "@article{" in capsys.readouterr().out


def test_text_from_outside_is_escaped(tmp_path):
    steps = ladder(2)
    steps[1]["title"] = r"50 % of_$x$ \input{a} & b"
    evil = findings.collect(write_study(tmp_path, steps=steps))
    lines = export.table(evil, "latex").splitlines()
    assert any(
        line.lstrip().startswith(r"50 \% of\_\$x\$ \textbackslash{}input\{a\} \& b &") for line in lines
    )
    steps[1]["title"] = EVIL
    assert "<script" not in export.table(findings.collect(write_study(tmp_path, steps=steps)), "markdown")


@pytest.mark.skipif(LATEX is None, reason="no LaTeX here")
@pytest.mark.parametrize("layout", ["onecolumn", "twocolumn"])
def test_a_real_latex_sets_it_within_the_margins(layout, tmp_path):
    reference = findings.collect(findings_of(ROOT / "results/reference/generalization/cifar10-quick"))
    (tmp_path / "refs.bib").write_text(bibliography.bibtex(reference), encoding="utf-8")
    (tmp_path / "paper.tex").write_text(
        f"\\documentclass[{layout}]{{article}}\\usepackage{{booktabs}}\\usepackage{{graphicx}}\n"
        f"\\begin{{document}}\\ref{{tab:generalization}}\n{export.table(reference, 'latex')}"
        "\\bibliographystyle{plain}\\bibliography{refs}\\end{document}\n",
        encoding="utf-8",
    )
    latex = [LATEX] if "tectonic" in LATEX else [LATEX, "-interaction=nonstopmode", "-halt-on-error"]
    bibtex = (
        [] if "tectonic" in LATEX else [["bibtex", "paper"], [*latex, "paper.tex"], [*latex, "paper.tex"]]
    )
    for command in ([*latex, "paper.tex"], *bibtex):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:]
    said = done.stdout + done.stderr
    assert "undefined" not in said and "Overfull" not in said
    assert (tmp_path / "paper.pdf").stat().st_size > 5000


def test_what_is_written_beside_the_table_replaces_nobodys_file(folder, tmp_path, capsys):
    mine = {"thesis.bib": b"@book{knuth}", "gap.pdf": b"%PDF mine"}
    for name, content in mine.items():
        (tmp_path / name).write_bytes(content)
    export_to = ["export", str(folder), "--out"]
    assert main([*export_to, str(tmp_path / "thesis.tex")]) == 2
    assert "thesis.bib: expected none, or one that this command wrote" in capsys.readouterr().err
    assert main([*export_to, str(tmp_path / "table.tex"), "--figures", str(tmp_path)]) == 2
    assert "gap.pdf: expected none" in capsys.readouterr().err
    assert main([*export_to, str(tmp_path / "table.bib")]) == 2
    assert "the sources get .bib" in capsys.readouterr().err
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()} == mine
