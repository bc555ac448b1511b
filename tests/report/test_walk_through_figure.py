"""A figure is one file: dropped into the folder it stands in the page, in Markdown and as PNG, nothing else edited."""

import sys

import pytest
from synthetic import ladder, write_study

from ablation import report
from ablation.report import figures

FIGURE = '''"""Parameters a rung."""

from matplotlib.figure import Figure

from ablation.report import style
from ablation.report.findings import Findings
from ablation.report.series import titles, told

PLACE = 25
HEADING = "How large each network is"
IN_PAGE = True


def shown_if(found: Findings) -> bool:
    return found.drawn["parameters"].nunique() > 1


def draw(found: Findings, wide: bool = True) -> Figure:
    figure, axes = style.rows(titles(found), wide)
    axes.barh(range(len(found.drawn)), found.drawn["parameters"])
    return figure


def caption(found: Findings) -> str:
    return "Trainable parameters <and no others>."


def alt(found: Findings) -> str:
    return told(found, "Parameters a rung", [str(number) for number in found.drawn["parameters"]])
'''


@pytest.fixture
def dropped_in(tmp_path, monkeypatch):
    folder = tmp_path / "dropped"
    folder.mkdir()
    (folder / "sizes.py").write_text(FIGURE, encoding="utf-8")
    monkeypatch.setattr(figures, "__path__", [*figures.__path__, str(folder)])
    yield
    sys.modules.pop("ablation.report.figures.sizes", None)


def test_a_figure_is_one_file(dropped_in, tmp_path):
    run = tmp_path / "run"
    write_study(run, steps=ladder(8), epochs=2)
    written = report.write(run)
    assert run / "figures/sizes.png" in written and (run / "figures/sizes.png").stat().st_size > 1000
    links = [line for line in (run / "report.md").read_text().splitlines() if line.startswith("![")]
    assert links[:4] == [f"![{name}](figures/{name}.png)" for name in ("ladder", "gap", "sizes", "delta")]
    page = (run / "report.html").read_text()
    assert (
        page.index("The gap</h2>")
        < page.index("How large each network is</h2>")
        < page.index("each step changes")
    )
    assert "Trainable parameters &lt;and no others&gt;." in page
    assert 'aria-label="Parameters a rung: baseline 1000000;' in page


def test_a_figure_with_nothing_to_show_is_left_out(dropped_in, tmp_path, no_pixels):
    run = tmp_path / "run"
    write_study(run, steps=ladder(3), epochs=2)
    assert run / "figures/sizes.png" not in report.write(run)
    assert "How large each network is" not in (run / "report.html").read_text()
