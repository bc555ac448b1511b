import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from statsmodels.stats.multitest import multipletests
from synthetic import ladder, write_study

from ablation import report
from ablation.analysis.judgement import judge
from ablation.analysis.moderation import estimates
from ablation.errors import UserError
from ablation.report.compare import compare, terminal, to_markdown
from ablation.results.read import load


def test_folders_are_compared_by_step_and_seed(tmp_path):
    first = write_study(tmp_path / "a" / "run", steps=ladder(3), seeds=range(5))
    second = write_study(
        tmp_path / "b" / "run", steps=ladder(3), seeds=range(1, 6), generator_seed=8, precision="bf16"
    )
    table = compare([tmp_path / "a" / "run", tmp_path / "b" / "run"])
    assert table["step"].tolist() == ["baseline", "noise", "batch_norm"]
    assert set(table["n"]) == {4}
    assert table["reference"][0] == "run (float32)" and table["other"][0] == "run (bf16)"
    differences = []
    for row in table.itertuples():
        mine, theirs = (
            one.trials[one.trials["step"] == row.step].set_index("seed")["test_accuracy"].loc[[1, 2, 3, 4]]
            for one in (second, first)
        )
        differences.append((mine - theirs).to_numpy())
        assert row.difference == pytest.approx((mine - theirs).mean())
    _, found = estimates(differences)
    assert table["p_holm"].to_numpy() == pytest.approx(
        multipletests([one.p for one in found], method="holm")[1], abs=1e-10
    )
    judged = judge(found)
    assert table["difference_ci_low"].tolist() == pytest.approx([one.low for one in judged])
    assert table["difference_ci_high"].tolist() == pytest.approx([one.high for one in judged])


def test_a_folder_against_itself_shows_no_difference(tmp_path):
    write_study(tmp_path / "run")
    table = compare([tmp_path / "run", tmp_path / "run"])
    assert (table["difference"] == 0).all() and (table["p_holm"] == 1).all()
    assert table["other"][0] == "run #2"
    assert "0 of 8 steps differ" in to_markdown(table)


def test_a_difference_is_higher_or_lower_not_a_help(tmp_path):
    write_study(tmp_path / "a", steps=ladder(2), seeds=range(6))
    better = {"baseline": 0.70, "noise": 0.50}
    write_study(tmp_path / "b", steps=ladder(2), seeds=range(6), test=better, generator_seed=9)
    table = compare([tmp_path / "a", tmp_path / "b"])
    assert table["verdict"][0].startswith("higher: +") and table["verdict"][1].startswith("lower: −")
    markdown = to_markdown(table)
    assert "## b against a" in markdown and "2 of 2 steps differ" in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("| cumulative")]
    assert len(rows) == 2 and "| higher |" in rows[0] and "| 1.00× |" in rows[0]


def test_three_folders_give_two_comparisons(tmp_path):
    for name in "abc":
        write_study(tmp_path / name, steps=ladder(2))
    table = compare([tmp_path / name for name in "abc"])
    assert table["other"].tolist() == ["b", "b", "c", "c"]
    assert isinstance(table, pd.DataFrame) and not np.isnan(table["difference"]).any()


def test_what_cannot_be_compared_is_told_in_one_line(tmp_path):
    write_study(tmp_path / "a", steps=ladder(2), seeds=[0])
    write_study(tmp_path / "b", steps=ladder(2), seeds=[1])
    write_study(tmp_path / "c", steps=ladder(2), dataset={"name": "cifar10"})
    with pytest.raises(UserError, match="two or more results folders, found 1"):
        compare([tmp_path / "a"])
    with pytest.raises(UserError, match="no done trial of the same design, step and seed"):
        compare([tmp_path / "a", tmp_path / "b"])
    with pytest.raises(UserError, match=r"same dataset, found shapes in .* and cifar10 in"):
        compare([tmp_path / "a", tmp_path / "c"])
    with pytest.raises(UserError, match="not a results folder"):
        compare([tmp_path / "a", tmp_path / "nowhere"])


def test_compare_says_what_else_is_not_the_same(tmp_path):
    write_study(tmp_path / "a", steps=ladder(2))
    longer = [one | {"epochs": 20} for one in ladder(2)]
    write_study(tmp_path / "b", steps=longer, preset="full", dataset={"sha256": "0" * 64, "train": 9000})
    text = to_markdown(compare([tmp_path / "a", tmp_path / "b"]))
    line = next(line for line in text.splitlines() if line.startswith("**Not alike:**"))
    assert "images are not the same (sha256): 4,000, 1,000 and 2,000" in line.replace("\\", "")
    assert "preset is quick in the reference, full in the other" in line
    assert "not the same: baseline, noise" in line
    assert "Not alike" not in to_markdown(compare([tmp_path / "a", tmp_path / "a"]))


def test_on_a_terminal_the_comparison_is_a_table_that_fits(tmp_path):
    for seed, (name, preset) in enumerate((("a", "quick"), ("b", "full"))):
        write_study(tmp_path / name, preset=preset, generator_seed=seed)
    table = compare([tmp_path / "a", tmp_path / "b"])
    console = Console(width=80, file=io.StringIO())
    console.print(terminal(table))
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80 and "|" not in "".join(lines)
    for row in table.itertuples():
        line = next(line for line in lines if line.split()[:1] == [row.step])
        assert row.verdict_words in line and f"{100 * row.reference_mean:.1f} %" in line and "]" in line
    assert "The preset is quick in the reference, full in the other." in " ".join(lines)


def test_another_study_is_refused(tmp_path):
    write_study(tmp_path / "a", steps=ladder(2))
    write_study(tmp_path / "b", steps=ladder(2), study={"name": "other", "title": "Other"})
    with pytest.raises(UserError, match=r"expected the same study, found generalization in .* and other in"):
        compare([tmp_path / "a", tmp_path / "b"])


def test_terminal_escapes_of_a_folder_reach_no_output(tmp_path, no_pixels):
    escape = "\x1b[2J\x1b]0;owned\x07\u202e"
    steps = [one | {"title": f"{escape}step", "lecture": {}} for one in ladder(2)]
    about = {"name": "generalization", "title": f"a {escape} title", "question": escape}
    for name in "ab":
        write_study(tmp_path / name, steps=steps, study=about, preset=f"{escape}{name}")
    report.write(tmp_path / "a")
    outputs = [(tmp_path / "a" / name).read_text() for name in ("report.md", "report.html")]
    outputs.append(to_markdown(compare([tmp_path / "a", tmp_path / "b"])))
    console = Console(width=120, file=io.StringIO())
    console.print(terminal(compare([tmp_path / "a", tmp_path / "b"])))
    console.print(report.closing(load(tmp_path / "a")).table)
    outputs += [console.file.getvalue(), report.closing(load(tmp_path / "a")).headline]
    assert not [one for one in outputs if "\x1b" in one or "\x07" in one or "\u202e" in one]
