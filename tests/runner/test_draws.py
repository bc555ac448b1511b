"""Runs whose seeds draw their own part of the training images. Training itself is made up."""

import json

import pytest
from tiny import run_study, tables

from ablation import report
from ablation.errors import UserError
from ablation.report.compare import compare
from ablation.runner.executors import local

pytest.importorskip("keras")


@pytest.fixture
def seen(monkeypatch, no_training):
    """The sha256 of the images of every trial, by seed, in the order of training."""
    found = {}

    def watched(trial, splits, **options):
        assert trial.sha256 == splits.sha256
        found.setdefault(trial.seed, []).append(splits.sha256)
        return no_training(trial, splits, **options)

    monkeypatch.setattr(local, "train", watched)
    return found


def manifest(out):
    return json.loads((out / "manifest.json").read_text())


def test_every_seed_trains_on_its_own_images_and_all_steps_of_a_seed_on_the_same(study_file, tmp_path, seen):
    run_study(study_file(seeds=3), tmp_path / "out", controls=("aa",))
    assert [len(images) for images in seen.values()] == [4, 4, 4], "three steps and a control"
    assert all(len(set(images)) == 1 for images in seen.values())
    assert len({images[0] for images in seen.values()}) == 3
    told = manifest(tmp_path / "out")
    assert {(row["seed"], row["images"]) for row in told["trials"]} == {(k, v[0]) for k, v in seen.items()}
    assert {step["sizes"]["draw"] for step in told["steps"]} == {"seed"}


def test_one_part_for_all_seeds_where_the_study_says_so_or_all_images_are_taken(study_file, tmp_path, seen):
    run_study(study_file(seeds=2), tmp_path / "shared", sets=("data.draw=shared",))
    assert len({one for images in seen.values() for one in images}) == 1
    told = manifest(tmp_path / "shared")
    assert not any("images" in row for row in told["trials"])
    assert not any("draw" in step["sizes"] for step in told["steps"]), "as trials of before: the same hash"


def test_seeds_added_later_and_alone_are_what_they_would_have_been(study_file, tmp_path, seen):
    run_study(study_file(), tmp_path / "whole", seeds=(0, 1, 2))
    for seeds in ((2,), (1,), (0, 1, 2)):
        run_study(study_file(), tmp_path / "parts", seeds=seeds)
    assert tables(tmp_path / "parts") == tables(tmp_path / "whole")
    whole, parts = (manifest(tmp_path / name) for name in ("whole", "parts"))
    assert whole["trials"] == parts["trials"] and whole["dataset"] == parts["dataset"]


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("shared", "seed", "each draws its own now: --set data.draw=shared"),
        ("seed", "shared", "data.draw=seed"),
    ],
)
def test_a_folder_is_not_gone_on_with_on_other_images(study_file, tmp_path, seen, before, now, told):
    run_study(study_file(), tmp_path / "out", sets=(f"data.draw={before}",))
    with pytest.raises(UserError, match=f"holds results of other settings.*{told}"):
        run_study(study_file(), tmp_path / "out", sets=(f"data.draw={now}",))
    run_study(study_file(), tmp_path / "out", sets=(f"data.draw={before}",))


def test_other_parts_under_a_seed_are_refused(study_file, tmp_path, seen):
    out = tmp_path / "out"
    run_study(study_file(), out)
    text = (out / "manifest.json").read_text()
    (out / "manifest.json").write_text(text.replace(seen[0][0], "0" * 64))
    with pytest.raises(UserError, match=r"dataset: other images \(sha256\) now"):
        run_study(study_file(), out)


@pytest.mark.parametrize(
    ("draw", "line"),
    [
        (
            "seed",
            "the choice of seed and of training images, of which each seed draws its own part, not that of the",
        ),
        ("shared", "the choice of seed, not that of images: all seeds share the training images"),
    ],
)
def test_the_report_says_what_intervals_cover(study_file, tmp_path, seen, draw, line, no_figures):
    run_study(study_file(seeds=2), tmp_path / "out", sets=(f"data.draw={draw}",))
    report.write(tmp_path / "out")
    assert line in " ".join((tmp_path / "out" / "report.md").read_text().split())


def test_compare_says_that_seeds_have_other_images(study_file, tmp_path, seen):
    for draw in ("seed", "shared"):
        run_study(study_file(seeds=2), tmp_path / draw, sets=(f"data.draw={draw}",))
    (unlike,) = set(compare([tmp_path / "seed", tmp_path / "shared"])["unlike"])
    assert "not trained on the same images: each seed's own part there, one part for all seeds here" in unlike
    assert not any(compare([tmp_path / "seed", tmp_path / "seed"])["unlike"])
