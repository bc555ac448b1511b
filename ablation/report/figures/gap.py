"""The gap between training and test accuracy."""

from matplotlib.figure import Figure

from ablation.report import style
from ablation.report.findings import Findings
from ablation.report.series import TEST, TRAIN, VAL, titles, told
from ablation.report.style import ORANGE
from ablation.wording import gap_points

PLACE = 20
HEADING = "The gap"
IN_PAGE = True
SPLITS = (
    ("train_mean", TRAIN, "s", "train"),
    ("val_mean", VAL, "D", "validation"),
    ("test_mean", TEST, "o", "test"),
)


def shown_if(found: Findings) -> bool:
    """Whether there is something to show."""
    return True


def draw(found: Findings, wide: bool = True) -> Figure:
    """The gap a rung: train, validation and test accuracy, and the distance from test to train in points."""
    rungs = found.drawn
    figure, axes = style.rows(titles(found), wide)
    style.title(figure, "The gap between training and test accuracy", found.setting)
    heights = range(len(rungs))
    axes.hlines(
        heights, rungs["test_mean"], rungs["train_mean"], color=ORANGE, alpha=0.35, linewidth=9, label="gap"
    )
    for column, colour, marker, name in SPLITS:
        axes.plot(rungs[column], heights, marker, color=colour, markersize=8, label=name)
    style.right_column(axes, [gap_points(value) for value in rungs["gap_mean"]])
    style.measure_axis(axes, "accuracy")
    style.legend(figure, axes)
    return figure


def caption(found: Findings) -> str:
    """How to read it."""
    return (
        "From test to training accuracy. Training accuracy is measured on images as they are, without augmentation,"
        " and with dropout off."
    )


def alt(found: Findings) -> str:
    """The figure in words."""
    values = [gap_points(gap) for gap in found.drawn["gap_mean"]]
    return told(found, "Gap between training and test accuracy a rung", values)
