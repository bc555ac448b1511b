"""Every study of the project: loads, says where it comes from, and runs at its smallest."""

import csv
import functools
import itertools
import re

import pytest
import tiny

from ablation import study
from ablation.data import shape_and_classes
from ablation.runner.options import Options
from ablation.runner.run import run
from ablation.study.loading import plan_all

NAMES = study.names()
load = functools.cache(study.load)
FEW_IMAGES = 256


def test_everything_the_lectures_did_is_a_study():
    wanted = "trainability trainability_fashion trainability_depth generalization generalization_2023"
    wanted += (
        " generalization_keras regularization initialization optimizers normalization augmentation stochastic"
    )
    wanted += " bottleneck inference unlimited rules_of_thumb transfer transfer_imagenet"
    assert set(wanted.split()) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_study_says_what_it_is_and_how_to_run_it(name):
    text = (study.STUDIES / f"{name}.yaml").read_text(encoding="utf-8")
    header = text[: text.index("\nstudy:")]
    for part in ("source", "command"):
        assert re.search(rf"^#   {part} ", header, re.MULTILINE), part
    loaded = load(name)
    assert loaded.study == name
    assert loaded.title and loaded.question and loaded.source
    assert {"full", "quick", "smoke"} <= set(loaded.presets)
    plan_all(loaded)  # which a user's own file goes through whenever it is read


@pytest.mark.parametrize("name", NAMES)
def test_published_figures_reach_the_plan(name):
    loaded = load(name)
    planned = study.plan(loaded, preset="quick", dataset="cifar10")
    assert [step.lecture for step in planned] == [step.lecture for step in loaded.ladder]


@pytest.mark.parametrize("name", NAMES)
def test_every_step_can_be_built_in_every_preset_and_design(name):
    loaded = load(name)
    for dataset in {"shapes", "cifar10", loaded.dataset} - {"auto"}:
        built = []  # designs share most of their settings
        for preset, design in itertools.product(loaded.presets, loaded.designs):
            for step in study.plan(loaded, preset=preset, dataset=dataset, design=design):
                if step.setting not in built:
                    classes = len(step.setting.sizes.classes or range(10))
                    assert study.nodes(step, *shape_and_classes(dataset))[-1].shape == (classes,)
                    built.append(step.setting)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_study_runs_at_smoke(name, tmp_path, trained_once, request):
    """What studies share is trained once, and the shortest trainings are not compiled: `tests/tricks` compiles all."""
    loaded = load(name)
    first = study.plan(loaded, preset="smoke", dataset="shapes")[0].setting
    if first.sizes.train * first.recipe.epochs <= FEW_IMAGES:
        request.getfixturevalue("uncompiled")
    outcome = run(loaded, Options(preset="smoke", dataset="shapes", out=tmp_path), tiny.Quiet())
    with (tmp_path / "trials.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["step"], row["status"]) for row in rows] == [(step.step, "done") for step in loaded.ladder]
    assert outcome.bad == 0
