import base64
import dataclasses
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from rich.console import Console
from synthetic import evil_study, ladder, step, write_study
from tiny import paint_nothing

from ablation import report
from ablation.analysis import summary
from ablation.data import shown
from ablation.errors import UserError
from ablation.report import findings, ladder_curves, turned
from ablation.report.caveats import caveats
from ablation.report.headline import headline
from ablation.results.read import load
from ablation.study import Variant


def words(results, width=120):
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    console.print(report.closing(results).table)
    return console.export_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with its report, in which one trial failed."""
    path = tmp_path_factory.mktemp("run")
    write_study(path, outcomes={("dropout", 2): {"status": "failed", "error": "OOM when allocating"}})
    report.write(path)
    return path


class Page(HTMLParser):
    """What matters of an HTML page: its tags with their attributes, its scripts, its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.text, self._inside = [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = None

    def handle_data(self, data):
        (self.scripts if self._inside == "script" else self.text).append(data)


def test_write_makes_every_file_says_which_and_the_same_trials_give_the_same_files(folder):
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    written = report.write(folder)
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
    names = [str(file.relative_to(folder)) for file in written]
    figures = [f"figures/{name}.png" for name in ("ladder", "gap", "delta", "cost", "curves")]
    assert names == ["summary.csv", "contributions.csv", *figures, "report.md", "report.html"]
    assert all(file.stat().st_size > 500 for file in written)
    assert len(pd.read_csv(folder / "summary.csv")) == 8


@pytest.mark.slow
def test_the_report_imports_neither_a_training_library_nor_what_it_does_not_use(tmp_path):
    write_study(tmp_path, steps=ladder(2), epochs=2)
    code = (
        "import sys, pathlib, rich\n"
        "from ablation import report, analysis\nfrom ablation.results import read as results\n"
        "from ablation.report.compare import compare, to_markdown\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "report.write(folder)\n"
        "to_markdown(compare([folder, folder]))\n"
        "report.closing(results.load(folder)).table\n"
        "print([name for name in ('keras', 'tensorflow', 'jax', 'torch', 'scipy.stats') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_folder_without_a_done_trial_is_told_in_one_line_and_left_alone(tmp_path):
    outcomes = {(one["step"], 0): None for one in ladder(2)}
    write_study(tmp_path, steps=ladder(2), seeds=[0], outcomes=outcomes)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match="at least one done trial"):
        report.write(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_partial_run_reports_what_there_is(tmp_path, no_figures):
    outcomes = {(one["step"], seed): None for one in ladder()[2:] for seed in range(3)} | {("noise", 2): None}
    results = write_study(tmp_path, outcomes=outcomes, end=None)
    report.write(tmp_path)
    text = (tmp_path / "report.md").read_text()
    assert "19 of 24 planned trials have no result yet" in text
    assert "| residual | – | – |  | no finished trial |" in text
    assert "from baseline to noise" in report.closing(results).headline


def test_headline_is_computed_from_the_numbers(tmp_path):
    results = write_study(tmp_path, seeds=range(6))
    trials = results.trials.groupby("step")[["test_accuracy", "gap"]].mean() * 100
    first, last = trials.loc["baseline"], trials.loc["residual"]
    text = report.closing(results).headline
    assert f"test accuracy goes from {first.test_accuracy:.1f} % to {last.test_accuracy:.1f} %" in text
    assert f"from {first.gap:.1f} points to {last.gap:.1f} points" in text
    told = summary(results).set_index("step")
    order = trials.loc[told.index]
    gains, closed = order["test_accuracy"].diff(), order["gap"].diff()
    assert set(told.index[told["verdict_kind"] == "helps"]) >= {"batch_norm", "dropout"}
    for name, title in (("batch_norm", "batch norm"), ("dropout", "dropout")):
        assert f"{title} (+{gains[name]:.1f})" in text.lower()
        assert f"{title} (−{-closed[name]:.1f})" in text.lower()
    for words in ("help.", "narrow the gap."):
        assert words in text


@pytest.mark.parametrize("design", ["add-one", "cumulative"])
def test_off_the_ladder_every_difference_is_named_a_loss_too(design, tmp_path):
    steps = [
        one | {"design": design, "base": "baseline" if place else None} for place, one in enumerate(ladder(3))
    ]
    test = {one["step"]: accuracy for one, accuracy in zip(steps, (0.6, 0.62, 0.5), strict=True)}
    text = report.closing(write_study(tmp_path, steps=steps, test=test, noise=0.0)).headline
    assert "Noise (+2.0) and batch norm (−10.0) are open." in text


def test_the_terminal_table_fits_eighty_columns(tmp_path):
    results = write_study(tmp_path)
    text = words(results, 80)
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    mean = 100 * results.trials.query("step == 'augment'")["test_accuracy"].mean()
    row = next(line for line in text.splitlines() if line.strip().startswith("augment"))
    assert f"{mean:.1f} ± " in row and "helps" in row and "90.6 %" in row
    assert "on CIFAR-10" in " ".join(text.split())


def test_at_smoke_nothing_reads_like_an_answer_and_names_are_whole(tmp_path, no_figures):
    results = write_study(tmp_path, preset="smoke")
    text = words(results, 80)
    for name in ("baseline", "batch norm", "augment", "capacity", "residual"):
        assert any(line.strip().startswith(name) for line in text.splitlines()), name
    assert not re.search(r"helps|hurts|same|open|chance|%.*%|[▼▲]", text.partition("baseline")[2])
    assert "verdict" not in text and "lecture" not in text
    assert "Nothing is measured here" in report.closing(results).headline
    report.write(tmp_path)
    assert re.search(r"\| not measured \|", (tmp_path / "report.md").read_text())
    page = (tmp_path / "report.html").read_text()
    assert '<span class="chip none">not measured</span>' in page
    assert not re.search(r'class="chip (helps|hurts|same|open)"', page)


def test_one_epoch_is_no_plural(tmp_path):
    found = findings.collect(write_study(tmp_path, steps=ladder(2)))
    found = dataclasses.replace(
        found, variants={"a": Variant("cumulative", 1), "b": Variant("cumulative", 2)}
    )
    assert [found.design_name(one) for one in "ab"] == ["cumulative, 1 epoch", "cumulative, 2 epochs"]


def test_title_and_legend_take_whole_lines_however_narrow_the_table_is(tmp_path):
    lines = words(write_study(tmp_path, steps=ladder(2), preset="smoke"), 80).splitlines()
    assert lines[0].rstrip() == "The generalisation ladder: shapes, preset smoke, 3 seeds, honest protocol"
    assert lines[-1].rstrip() == "gap and delta in points, delta paired by seed"


def test_trials_at_chance_leave_room_for_the_names_of_rungs(tmp_path):
    chance = dict.fromkeys((one["step"] for one in ladder()), 0.1)
    text = words(write_study(tmp_path, seeds=[0, 1], noise=0.02, test=chance, train=chance), 80)
    row = next(line for line in text.splitlines() if line.strip().startswith("batch norm"))
    assert "chance" in row and "chance: neither learns" in " ".join(text.split())


def test_the_terminal_table_cuts_no_name_of_a_design(tmp_path):
    left = [
        step("leave-one-out", "full", 0, None, []),
        step("leave-one-out", "without_l2", 1, "full", ["l2"]),
    ]
    known = {"full": 0.97, "without_l2": 0.9}
    results = write_study(
        tmp_path,
        steps=[*ladder(3), *left],
        seeds=[0, 1],
        noise=0.03,
        test=known,
        train=known,
    )
    text = words(results, 80)
    assert "leave-one-out" in text and "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    for mean, half in re.findall(r"([\d.]+) ± ([\d.]+) %", text):
        assert float(mean) - float(half) >= 0 and float(mean) + float(half) <= 100
    assert re.search(r"\[\d+, 100\] %", text)


def test_markdown_holds_the_table_and_what_to_know_first(folder):
    text = (folder / "report.md").read_text()
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({line.count("|") for line in table[:9]}) == 1
    assert "dropout, seed 2: failed: OOM when allocating" in text
    assert "![ladder](figures/ladder.png)" in text
    assert "cannot go below p = 0.5" in text and "not CIFAR-10" in text
    assert str(folder) not in text + (folder / "report.html").read_text()


PLATEAU = "ablation.schedules.ReduceOnPlateau"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"protocol": "lecture"},
            "validation is the test set, as in the slides. The figures are of the last epoch",
        ),
        (
            {
                "protocol": "lecture",
                "steps": [one | {"recipe": {"early_stopping": {"patience": 3}}} for one in ladder(2)],
            },
            "as in the slides: it led the training, so the figures are optimistic.",
        ),
        (
            {
                "protocol": "lecture",
                "steps": [one | {"recipe": {"schedule": {"path": PLATEAU}}} for one in ladder(2)],
            },
            "as in the slides: it led the training, so the figures are optimistic.",
        ),
        ({"seeds": [0]}, "one pair of seeds"),
        ({"dataset": {"name": "cifar10"}}, "fewer images or epochs than in the lectures"),
        ({"outcomes": {("noise", 1): {"status": "diverged"}}}, "noise, seed 1: diverged"),
        (
            {"dataset": {"repeated": 3, "test": 1000}},
            "3 of 1,000 test images stand among the training images too, to the last byte: their accuracy is that of"
            " images seen before.",
        ),
    ],
)
def test_caveats(tmp_path, given, said):
    found = findings.collect(write_study(tmp_path, **given))
    assert any(said in caveat for caveat in caveats(found))


def test_trainings_that_ended_at_chance_are_told(tmp_path):
    steps = [one | {"epochs": 20, "recipe": {"stop_at_chance": 5, "epochs": 20}} for one in ladder(3)]
    early = {"epochs_run": 5, "running_train_accuracy": 0.1}
    outcomes = {
        ("noise", 0): early,
        ("noise", 2): early,
        ("batch_norm", 1): early | {"running_train_accuracy": 0.5},
    }
    notes = caveats(findings.collect(write_study(tmp_path, steps=steps, outcomes=outcomes)))
    told = [note for note in notes if "at chance" in note]
    assert told == ["noise: 2 of 3 trainings ended at chance after 5 epochs of 20."]


@pytest.mark.parametrize(
    ("order", "taken", "said"),
    [
        (range(6), 1, "3 further seeds are trained and judged by no look yet: 3, 4 and 5."),
        ((0, 1, 2, 3, 4, 9), 2, "1 further seed is trained and judged by no look yet: 5."),
        (range(6), 2, None),
    ],
)
def test_seeds_that_no_look_has_judged_are_told_and_move_no_delta(tmp_path, no_figures, order, taken, said):
    """Three seeds show no difference; from the fourth on noise is far better, as in a run stopped inside a look."""
    looks = {"seeds": [3, 6], "shares": [0.6, 0.4], "order": list(order), "taken": taken}
    outcomes = {("noise", seed): {"test_accuracy": 0.75} for seed in (3, 4, 5)}
    results = write_study(tmp_path, steps=ladder(3), seeds=range(6), outcomes=outcomes, looks=looks)
    notes = [note for note in caveats(findings.collect(results)) if "no look" in note]
    assert [note.partition(" They")[0] for note in notes] == ([said] if said else [])
    report.write(tmp_path)
    text = (tmp_path / "report.md").read_text()
    (row,) = [line for line in text.splitlines() if line.startswith("| noise | 6")]
    assert "| +0.2 [−0.5, +0.9] | no difference |" in row
    assert (
        "are of the seeds of the look that decided it or, while it is open, of the last that tested it"
        in text
    )
    assert "3 seeds over 1 look: noise" in text


def test_a_sound_run_on_cifar10_warns_of_nothing(tmp_path):
    results = write_study(tmp_path, seeds=range(6), dataset={"name": "cifar10"}, preset="full")
    assert caveats(findings.collect(results)) == []


def test_html_stands_alone_and_describes_its_figures(folder):
    page = Page((folder / "report.html").read_text())
    assert not [tag for tag, _ in page.tags if tag in ("link", "iframe", "object", "base") and tag != "link"]
    for tag, attributes in page.tags:
        for name in ("src", "href", "xlink:href", "action", "srcset"):
            assert attributes.get(name, "#").startswith(("#", "data:")), (tag, attributes)
    drawings = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(drawings) == 4 + 1 + 8 + 7
    assert all(attributes["role"] == "img" and len(attributes["aria-label"]) > 40 for attributes in drawings)
    ladder_words = drawings[0]["aria-label"]
    mean = 100 * load(folder).trials.query("step == 'capacity'")["test_accuracy"].mean()
    assert f"capacity {mean:.1f} %" in ladder_words


def test_contents_name_every_part_and_verdicts_come_first(folder):
    text = (folder / "report.html").read_text()
    page = Page(text)
    anchors = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = [attributes["href"][1:] for tag, attributes in page.tags if tag == "a"]
    assert set(links) <= anchors
    assert {"caveats", "figures", "curves", "verdicts", "design-1", "provenance"} <= set(links)
    assert text.index('class="chip helps">helps</span> batch norm (+') < text.index("test accuracy goes from")


def test_the_curves_can_be_read_out(folder):
    results = load(folder)
    page = Page((folder / "report.html").read_text())
    data = json.loads(
        next(attributes["data-curves"] for _, attributes in page.tags if "data-curves" in attributes)
    )
    assert data["epochs"] == list(range(1, 13))
    rows = results.epochs[(results.epochs["step"] == "noise") & (results.epochs["epoch"] == 3)]
    for column in ("accuracy", "val_accuracy"):
        figures = 100 * rows[column]
        assert len(data[column]) == 8
        assert data[column][1][2] == pytest.approx([figures.mean(), figures.min(), figures.max()], abs=0.11)


def test_long_trainings_are_thinned_in_the_chart_and_its_last_epoch_stays(tmp_path):
    found = findings.collect(write_study(tmp_path, steps=ladder(2), epochs=500, seeds=[0]))
    epochs = ladder_curves.chart(found)["data"]["epochs"]
    assert len(epochs) == ladder_curves.MOST_EPOCHS and (epochs[0], epochs[-1]) == (1, 500)


SIDE = 8


def shown_study(path, **given):
    """Two rungs under three seeds; the second gets image 0 right and image 2 wrong, the first the other way round."""
    tiles = np.random.default_rng(0).integers(0, 256, (4, SIDE, SIDE, 3), dtype=np.uint8)
    truth, maps = [3, 1, 5, 9], np.tile(np.arange(0, 241, 80, dtype=np.uint8), 4)
    asked = {"images": f"{'a' * 16}.png", "truth": truth, "map_sides": [2, 2]}
    asked |= {"maps": base64.b64encode(maps.tobytes()).decode()}
    predicted = {"baseline": [5, 1, 5, 0], "noise": [3, 1, 0, 0]}
    outcomes = {
        (step, seed): {"shown": {**asked, "predicted": classes} | given.get(step, {})}
        for step, classes in predicted.items()
        for seed in range(3)
    }
    results = write_study(path, steps=ladder(2), outcomes=outcomes)
    file = results.folder.samples_file(asked["images"])
    file.parent.mkdir()
    file.write_bytes(given.get("picture") or shown.picture(tiles))
    report.write(path)
    return tiles, (path / "report.html").read_text()


def test_images_that_a_step_turned_are_shown_with_classes_and_maps(tmp_path, no_figures):
    tiles, html = shown_study(tmp_path)
    page = Page(html)
    text = " ".join(" ".join(page.text).split())
    assert "Of the same 4 test images every trial keeps what it took them for" in text
    assert "Under most of 3 seeds, 1 turned right and 1 turned wrong" in text
    assert "two seeds of baseline differ on 0" in text
    assert "before: dog , right in 0 of 3 now: cat , right in 3 of 3" in text
    assert "before: dog , right in 3 of 3 now: airplane , right in 0 of 3" in text
    assert "Grad-CAM, Selvaraju et al. 2017" in text
    pictures = [attributes for tag, attributes in page.tags if tag == "img"]

    def pixels(one):
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(one["src"].partition(",")[2]))))

    images = [one for one in pictures if one.get("class") != "heat"]
    assert [one["alt"] for one in images] == [
        "A test image: cat; before taken for dog.",
        "A test image: cat; now taken for cat.",
        "A test image: dog; before taken for dog.",
        "A test image: dog; now taken for airplane.",
    ]
    assert all(
        np.array_equal(pixels(one), tiles[place]) for one, place in zip(images, (0, 0, 2, 2), strict=True)
    )
    heat = pixels(next(one for one in pictures if one.get("class") == "heat"))[..., 3]
    assert heat.shape == (8, 8)
    assert heat[[0, 0, -1, -1], [0, -1, 0, -1]].tolist() == [
        turned.STRONGEST * value // 255 for value in (0, 80, 160, 240)
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"picture": b"no PNG"},
        {
            "picture": shown.picture(np.eye(4 * SIDE, dtype=np.uint8).reshape(4, SIDE, -1, 1).repeat(3, 3))[
                :60
            ]
        },
        {"noise": {"images": f"{'b' * 16}.png"}},
    ],
    ids=["another file", "cut off", "other images"],
)
def test_images_that_cannot_be_shown_are_left_out(tmp_path, given, no_figures):
    _, html = shown_study(tmp_path, **given)
    assert "Test images, against" not in html


def test_without_maps_the_images_stand_alone(tmp_path, no_figures):
    without = {"maps": None, "map_sides": None, "no_maps": "none to be had"}
    _, html = shown_study(tmp_path, baseline=without, noise=without)
    assert (
        "Test images, against baseline" in html
        and "Grad-CAM" not in html
        and "heat" not in html.split("</style>")[1]
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"predicted": [3]}, "predicted: expected as many as truth"),
        ({"maps": "AAAA"}, "maps: expected a byte for each place"),
        ({"maps": "<img>"}, "maps: expected base64"),
        ({"images": "../x.png"}, "images"),
    ],
)
def test_a_damaged_record_of_images_is_told(tmp_path, given, said, no_figures):
    with pytest.raises(UserError, match=said):
        shown_study(tmp_path, noise=given)


def test_a_class_that_the_manifest_does_not_know_is_told(tmp_path, no_figures):
    with pytest.raises(UserError, match="expected labels below 10"):
        shown_study(tmp_path, noise={"predicted": [3, 1, 0, 10]})


def test_html_has_a_section_a_rung(folder):
    text = " ".join(" ".join(Page((folder / "report.html").read_text()).text).split())
    for name in ("noise", "batch_norm", "l2", "residual"):
        assert f"{name}: what it does." in text
        assert f"field_of_{name} none Dropout(rate=0.3)" in text
    assert "Classes, against baseline" in text
    assert re.search(r"cat taken for dog: [\d.]+ % before, [\d.]+ % now", text)
    assert "points per extra GFLOP" in text
    for value in ("9f2c9f2c", "0123abc", "keras 3.15.0", "ablation run generalization"):
        assert value in text


def test_text_from_outside_is_shown_and_never_run(tmp_path, no_pixels):
    evil_study(tmp_path)
    report.write(tmp_path)
    page = Page((tmp_path / "report.html").read_text())
    assert len(page.scripts) == 1 and "hacked" not in page.scripts[0]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert "".join(page.text).count("window.hacked = 1") > 10
    assert "{{ 7 * 7 }}" in "".join(page.text)
    markdown = (tmp_path / "report.md").read_text()
    assert "<script" not in markdown and "<img" not in markdown and "[a](b)" not in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows[:4]} == {11}
    assert "window.hacked" in words(load(tmp_path), 300)


def test_several_designs_have_a_table_each(tmp_path, no_pixels):
    alone = [
        {**one, "design": "add-one", "base": "baseline" if one["position"] else None} for one in ladder(3)
    ]
    results = write_study(tmp_path, steps=[*ladder(3), *alone])
    written = report.write(tmp_path)
    assert tmp_path / "figures/designs.png" in written
    markdown = (tmp_path / "report.md").read_text()
    assert "## cumulative" in markdown and "## add-one" in markdown
    assert "add-one" in words(results)


def test_a_cards_sentences_run_on_and_its_parameters_stay_apart(tmp_path, no_figures):
    card = (
        "What it\ndoes.\n\nSource: a paper\n    of 2014.\nWhen it hurts: never.\n\n"
        "Parameters:\n    rate: a share,\n        0-1."
    )
    steps = ladder(2)
    steps[1] = steps[1] | {"tricks": [{"name": "noise", "parameters": {}, "card": card}]}
    write_study(tmp_path, steps=steps)
    report.write(tmp_path)
    assert (
        "What it does.\n\nSource: a paper of 2014.\nWhen it hurts: never.\n\nParameters:\n    rate: a share, 0-1.<"
        in (tmp_path / "report.html").read_text()
    )


def test_cards_and_cells_of_a_folder_with_many_classes(tmp_path, no_figures):
    results = write_study(tmp_path, steps=ladder(2), dataset={"classes": [f"class {i}" for i in range(100)]})
    for file in (tmp_path / "trials").glob("*.json"):
        file.write_text(file.read_text().replace('"confusion"', '"left_out"'))
    report.write(tmp_path)
    assert "Classes, against" not in (tmp_path / "report.html").read_text()
    assert results.manifest["dataset"]["classes"][99] == "class 99"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rungs", "seeds", "epochs", "seconds"), [(8, 3, 30, 5), (20, 25, 50, 20)], ids=["usual", "500 trials"]
)
def test_a_report_is_quick_and_small(tmp_path, rungs, seeds, epochs, seconds):
    """Of processor time. On a slow machine: measured in what matplotlib takes for two plain figures, not in seconds."""
    write_study(tmp_path, steps=ladder(rungs), seeds=range(seeds), epochs=epochs)
    code = f"""
import io, pathlib, time
from matplotlib.figure import Figure
from ablation import report

def plain_figure():
    figure = Figure(figsize=(8, 6), layout="constrained")
    for axes in figure.subplots(2, 2).flat:
        axes.plot(range(30), label="a line")
        axes.legend()
    for file in "svg", "png":
        figure.savefig(io.BytesIO(), format=file, dpi=200)

def took(work, *arguments):
    start = time.process_time()
    work(*arguments)
    return time.process_time() - start

took(plain_figure)  # which reads the fonts
seconds = took(report.write, pathlib.Path({str(tmp_path)!r}))
status = pathlib.Path("/proc/self/status").read_text()
print(seconds, min(took(plain_figure) for _ in range(3)), int(status.partition("VmHWM:")[2].split()[0]) / 1e6)
"""  # getrusage would count the parent's memory
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    took, figure, gigabytes = map(float, done.stdout.split())
    assert took < seconds * max(1, 2 * figure)
    assert gigabytes < 1


CONTROL = {"control": {"kind": "compute", "label": "batch norm against a wider network, same FLOPs"}}


def designs(rungs=3):
    """A ladder in every design there is, at two budgets and under both protocols, with controls."""
    steps = [one | {"epochs": 10, "protocol": "honest"} for one in ladder(rungs)]
    controls = [
        step("cumulative", "aa", rungs, "baseline", [], control={"kind": "aa", "label": "baseline again"}),
        step("cumulative", "batch_norm:compute", rungs + 1, "batch_norm", [], **CONTROL),
    ]
    alone = [one | {"design": "add-one", "base": "baseline" if one["position"] else None} for one in steps]
    longer = [one | {"design": "cumulative@20", "epochs": 20} for one in steps]
    lecture = [one | {"design": "cumulative@lecture", "protocol": "lecture"} for one in steps]
    orders = [step("orders", "start", 0, None, [])]
    for number, order in enumerate((("noise", "batch_norm"), ("batch_norm", "noise")), start=1):
        base = "start"
        for name in order:
            title = f"{name.replace('_', ' ')} (order {number})"
            orders.append(step("orders", f"o{number}_{name}", len(orders), base, [name], title=title))
            base = orders[-1]["step"]
    everything = [*steps, *controls, *alone, *longer, *lecture, *orders]
    known = {"start": 0.6, "o1_noise": 0.61, "o1_batch_norm": 0.67, "o2_batch_norm": 0.66, "o2_noise": 0.67}
    known |= {"aa": 0.602, "batch_norm:compute": 0.65}
    return {"steps": everything, "test": known, "train": dict.fromkeys(known, 0.99), "epochs": 4}


@pytest.fixture(scope="module")
def all_designs(tmp_path_factory):
    path = tmp_path_factory.mktemp("designs")
    write_study(path, **designs())
    with pytest.MonkeyPatch.context() as patch:
        paint_nothing(patch)
        report.write(path)
    return path


def test_what_designs_controls_budgets_and_protocols_say_stands_side_by_side(all_designs):
    markdown = (all_designs / "report.md").read_text()
    for heading in ("What each trick adds, by design", "Controls", "Protocols", "by number of epochs"):
        assert re.search(rf"^## .*{heading}", markdown, re.MULTILINE), heading
    assert "| trick | cumulative | add-one | orders |" in markdown
    assert re.search(r"^\| batch norm against a wider network, same FLOPs \|", markdown, re.MULTILINE)
    assert "| rung | design | 10 epochs | 20 epochs |" in markdown
    assert "the mean over every order of the ladder, 2 in all" in markdown
    assert not re.search(r"o1_noise|order 1", markdown), "single steps of orders are in the page only"
    table = pd.read_csv(all_designs / "contributions.csv").set_index(["design", "trick"])
    value, low, high = 100 * table.loc[("orders", "noise"), ["value", "low", "high"]]
    assert low < value < high
    interval = f"[{low:+.1f}, {high:+.1f}]".replace("-", "−")
    assert f"+{value:.1f} {interval}" in markdown.replace("\\", "")
    names = {file.stem for file in (all_designs / "figures").iterdir()}
    assert names == {"ladder", "gap", "delta", "designs", "budgets", "protocols", "cost", "curves"}


def test_controls_are_no_rungs(all_designs):
    found = findings.collect(load(all_designs))
    assert found.rungs["step"].tolist() == ["baseline", "noise", "batch_norm"]
    assert "shortcuts" not in headline(found) and "wider" not in headline(found)
    words_on_terminal = words(load(all_designs), 140)
    assert "Shapley value, 2 orders" in words_on_terminal
    assert "batch norm against a wider network" in words_on_terminal


def test_the_page_holds_the_same_tables_and_describes_the_new_figures(all_designs):
    page = Page((all_designs / "report.html").read_text())
    text = " ".join(" ".join(page.text).split())
    for heading in ("Controls", "Protocols: what reading the test curve adds", "Every step of every order"):
        assert heading in text
    labels = [attributes["aria-label"] for tag, attributes in page.tags if tag == "svg"]
    for start in ("What each trick adds", "What each step changes, by number", "Test accuracy by protocol"):
        assert any(label.startswith(start) for label in labels)
    assert "Protocol lecture" in text, "a warning, since one design is under it"
    sections = [attributes["id"] for tag, attributes in page.tags if attributes.get("class") == "rung"]
    assert len(sections) == 2 * 3, "the ladder and add-one, at one budget and under one protocol"


def test_orders_alone_are_reported(tmp_path, no_pixels):
    given = designs()
    given["steps"] = [one for one in given["steps"] if one["design"] == "orders"]
    write_study(tmp_path, **given)
    report.write(tmp_path)
    assert "| trick | orders |" in (tmp_path / "report.md").read_text()
    assert (tmp_path / "figures" / "designs.png").exists()


def test_a_ladder_that_only_falls_has_no_gain(tmp_path):
    steps = ladder(3)
    test = {one["step"]: accuracy for one, accuracy in zip(steps, (0.7, 0.6, 0.4), strict=True)}
    text = report.closing(write_study(tmp_path, steps=steps, test=test, noise=0.001)).headline
    losses = (
        summary(load(tmp_path))["delta"].dropna().map(lambda delta: f"{100 * delta:.1f}".replace("-", "−"))
    )
    assert " help" not in text and f"Noise ({losses.iloc[0]}) and batch norm ({losses.iloc[1]}) hurt." in text


def test_of_very_many_rungs_the_first_are_drawn_and_the_tables_hold_all(tmp_path, monkeypatch, no_pixels):
    monkeypatch.setattr(findings, "MOST_DRAWN", 3)
    results = write_study(tmp_path, steps=ladder(6), epochs=2)
    found = findings.collect(results)
    assert found.drawn["step"].tolist() == ["baseline", "noise", "batch_norm"] and len(found.table) == 6
    assert any("the first 3 of 6 rungs" in note for note in caveats(found))
    report.write(tmp_path)
    page = (tmp_path / "report.html").read_text()
    words = re.search(r'aria-label="Test accuracy a rung: ([^"]*)"', page)[1]
    assert "batch norm" in words and "dropout" not in words
    assert len(pd.read_csv(tmp_path / "summary.csv")) == 6
