"""What reading the test curve adds."""

from matplotlib.figure import Figure

from ablation.report import style
from ablation.report.findings import MOST_DRAWN, Findings
from ablation.report.style import BLUE, ORANGE, RED
from ablation.wording import interval, percent, signed

PLACE = 70
HEADING = "Protocols"
IN_PAGE = True


def shown_if(found: Findings) -> bool:
    """Whether there is something to show."""
    return not found.protocols.empty


def draw(found: Findings, wide: bool = True) -> Figure:
    """Test accuracy a rung as the honest protocol gives it, and as the lecture reads it: last and best epoch."""
    table = found.one_variant(found.protocols)
    table = table[table["design"] == table["design"].iloc[0]][:MOST_DRAWN]
    names = [found.step_title(row.design, row.step) for row in table.itertuples()]
    figure, axes = style.rows(names, wide)
    style.title(figure, "What reading the test curve adds", found.setting_of_both)
    heights = range(len(table))
    axes.hlines(
        heights,
        table["honest_test"],
        table["lecture_best"],
        color=RED,
        alpha=0.3,
        linewidth=9,
        label="optimism",
    )
    for column, colour, marker, label in (
        ("honest_test", BLUE, "o", "honest: test, once"),
        ("lecture_last", ORANGE, "s", "lecture: last epoch"),
        ("lecture_best", RED, "D", "lecture: best epoch"),
    ):
        axes.plot(table[column], heights, marker, color=colour, markersize=8, label=label)
    ends = zip(table["optimism"], table["optimism_low"], table["optimism_high"], strict=True)
    style.right_column(axes, [f"{signed(mean)} {interval(low, high)}" for mean, low, high in ends])
    style.measure_axis(axes, "test accuracy")
    style.legend(figure, axes)
    return figure


def caption(found: Findings) -> str:
    """How to read it."""
    return (
        "Honest: test looked at once, at the end. Lecture: all images train, the best epoch is picked on the test"
        " curve. The distance is the lecture's optimism."
    )


def alt(found: Findings) -> str:
    """The figure in words."""
    said = [
        f"{found.step_title(row.design, row.step)}: honest {percent(row.honest_test)}, lecture"
        f" {percent(row.lecture_best)}"
        for row in found.protocols[:MOST_DRAWN].itertuples()
    ]
    return f"Test accuracy by protocol: {'; '.join(said)}."
