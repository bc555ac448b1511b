import io
from unittest import mock

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image
from synthetic import ladder, step, write_study

from ablation.report import figures, series, style
from ablation.report.figures import curves, delta, gap
from ablation.report.figures import ladder as ladder_figure
from ablation.report.findings import collect

SEVERAL = [
    *ladder(4),
    *({**one, "design": "add-one", "base": "baseline" if one["position"] else None} for one in ladder(4)),
]


def texts(figure):
    """The texts that are drawn."""
    seen, draw = {}, Text.draw

    def spy(text, renderer):
        if text.get_text().strip() and text.get_visible():
            seen[id(text)] = text
        draw(text, renderer)

    with mock.patch.object(Text, "draw", spy):
        FigureCanvasAgg(figure).draw()
    return list(seen.values())


def drawn(figure):
    return [text.get_text() for text in texts(figure)]


@pytest.mark.parametrize("rungs", [4, pytest.param(20, marks=pytest.mark.slow)])
@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("name", ["ladder", "gap", "delta", "cost"])
def test_no_two_labels_overlap_and_none_is_cut_off(tmp_path, rungs, wide, name):
    found = collect(write_study(tmp_path, steps=ladder(rungs), epochs=2))
    figure = figures.drawings(found)[name].draw(found, wide=wide)
    labels = texts(figure)
    boxes = [text.get_window_extent() for text in labels]
    width, height = figure.canvas.get_width_height()
    for i, box in enumerate(boxes):
        assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1, labels[i]
        assert not any(box.padded(-1.5).overlaps(other.padded(-1.5)) for other in boxes[i + 1 :])


def test_titles_say_dataset_preset_and_seeds(tmp_path):
    found = collect(write_study(tmp_path, steps=SEVERAL))
    for draw in figures.drawings(found).values():
        assert "shapes, preset quick, 3 seeds, honest protocol" in drawn(draw.draw(found))
    assert list(figures.drawings(found)) == ["ladder", "gap", "delta", "designs", "cost", "curves"]


def test_the_gap_is_labelled_in_points(tmp_path):
    found = collect(
        write_study(tmp_path, noise=0, seeds=[0], test={"baseline": 0.6}, train={"baseline": 0.95})
    )
    points = 100 * found.rungs["gap_mean"][0]
    assert f"{points:.1f} points" in drawn(gap.draw(found))


@pytest.mark.parametrize(("dataset", "label"), [("shapes", "lecture (CIFAR-10)"), ("cifar10", "lecture")])
def test_the_lectures_figures_are_said_to_be_of_cifar10(tmp_path, dataset, label):
    assert collect(write_study(tmp_path, dataset={"name": dataset})).lecture_label == label


def test_published_figures_are_drawn_over_the_same_data_alone(tmp_path):
    elsewhere = collect(write_study(tmp_path / "shapes"))
    assert "lecture" not in " ".join(drawn(ladder_figure.draw(elsewhere)))
    own = {"name": "mine", "title": "Mine", "dataset": "shapes"}
    assert collect(write_study(tmp_path / "own", study=own)).lecture_label == "lecture"
    figure = ladder_figure.draw(collect(write_study(tmp_path / "own", study=own)))
    marks = next(one for one in figure.axes[0].lines if one.get_label() == "lecture")
    assert marks.get_xdata()[:2].tolist() == [0.78, 0.80]
    assert marks.get_markerfacecolor() == "none"


def test_verdicts_differ_in_colour_and_shape(tmp_path):
    found = collect(write_study(tmp_path, seeds=range(6), test={"residual": 0.7}))
    marks = {one.get_label(): one[0] for one in delta.draw(found).axes[0].containers}
    assert set(marks) == {"helps", "hurts", "no difference", "open"}
    assert len({mark.get_color() for mark in marks.values()}) == 4
    assert len({mark.get_marker() for mark in marks.values()}) == 4


def test_curves_share_their_axes_and_show_every_seed(tmp_path):
    found = collect(write_study(tmp_path))
    panels = [axes for axes in curves.draw(found).axes if axes.lines]
    assert len(panels) == 8
    assert len({axes.get_ylim() for axes in panels}) == 1
    assert [len(lines.get_segments()) for lines in panels[0].collections] == [3, 3]


def test_the_mean_curve_ends_where_the_first_seed_stopped(tmp_path):
    results = write_study(tmp_path, epochs=6)
    epochs = results.epochs
    stopped = epochs[~((epochs["step"] == "baseline") & (epochs["seed"] == 1) & (epochs["epoch"] > 4))]
    found = collect(type(results)(results.folder, results.manifest, results.trials, stopped))
    seeds = series.curve(found, "cumulative", "baseline", "val_accuracy")
    assert series.mean_curve(seeds).index.tolist() == [1, 2, 3, 4]
    assert len(seeds) == 6


def test_any_title_can_be_drawn(tmp_path):
    titles = ["$x^2$", "a $ b", "<b>&", "x" * 200, "tab\tand\nline", "\x1b[31mred", ""]
    steps = [{**one, "title": title} for one, title in zip(ladder(7), titles, strict=True)]
    found = collect(write_study(tmp_path, steps=steps, epochs=2))
    for name, draw in figures.drawings(found).items():
        assert style.png(draw.draw(found)).startswith(b"\x89PNG")
        if name != "curves":
            svg = style.svg(draw.draw(found, wide=False), titles[2])
            assert "<b>" not in svg and "a $ b" in svg


def test_a_figure_is_large_enough_to_project_and_light(tmp_path):
    found = collect(write_study(tmp_path))
    image = Image.open(io.BytesIO(style.png(ladder_figure.draw(found))))
    assert image.width >= 1600 and image.height >= 600
    assert np.asarray(image.convert("L")).mean() > 200


@pytest.mark.parametrize("count", [1, 5, 20])
def test_labels_moved_apart_keep_their_order(count):
    wanted = np.random.default_rng(count).uniform(0, 1, count)
    places = style.spread(wanted, 0.04)
    assert (np.argsort(places) == np.argsort(wanted)).all()
    assert (np.diff(np.sort(places)) >= 0.04 - 1e-12).all() and places.max() <= 1


def test_the_control_rung_draws_the_noise_floor(tmp_path):
    steps = [*ladder(3), step("cumulative", "aa", 3, "baseline", [])]
    found = collect(write_study(tmp_path, steps=steps, test={"aa": 0.6}, train={"aa": 0.99}))
    assert "A/A noise floor" in drawn(delta.draw(found))


def test_titles_that_fill_a_grid_are_drawn_as_one(tmp_path):
    names = [("plain", "8 convs"), ("plain", "12 convs"), ("shortcuts", "8 convs"), ("shortcuts", "12 convs")]
    steps = [
        {**one, "title": ", ".join(name), "base": None} for one, name in zip(ladder(4), names, strict=True)
    ]
    train = {one["step"]: accuracy for one, accuracy in zip(steps, (0.5, 0.1, 0.6, 0.5), strict=True)}
    found = collect(write_study(tmp_path, steps=steps, train=train, noise=0.0))
    assert dict(zip(names, found.grid["learns"], strict=True)) == {
        names[0]: "yes", names[1]: "no", names[2]: "yes", names[3]: "yes"
    }  # fmt: skip
    seen = drawn(figures.drawings(found)["grid"].draw(found))
    assert {"plain", "shortcuts", "8 convs", "12 convs", "chance"} <= set(seen)
    assert "grid" not in figures.drawings(collect(write_study(tmp_path / "ladder", steps=ladder(4))))
    mixed = [
        one | {"title": title} for one, title in zip(steps, ("a, x", "b, y", "c", "d, e, f"), strict=True)
    ]
    assert "grid" not in figures.drawings(collect(write_study(tmp_path / "mixed", steps=mixed)))


@pytest.mark.parametrize(
    ("ticks", "labels"),
    [
        ([0.938, 0.9385, 0.939], ["93.80%", "93.85%", "93.90%"]),
        ([0.938, 0.939, 0.94], ["93.8%", "93.9%", "94.0%"]),
        ([0.2, 0.4, 0.6000000000000001], ["20%", "40%", "60%"]),
        ([-0.025, 0.0, 0.025], ["−2.5%", "0.0%", "2.5%"]),
    ],
)
def test_ticks_in_percent_say_where_they_are(ticks, labels):
    assert style.Percents().format_ticks(ticks) == labels
