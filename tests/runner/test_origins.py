"""Trainings that go on from others: which, in what order, once each, and with the same numbers after a stop."""

import numpy as np
import pytest
import tiny

from ablation import study
from ablation.data.sizes import Sizes
from ablation.errors import UserError
from ablation.networks.layout import blank_problem
from ablation.recipe import Freeze
from ablation.results.folder import RunFolder
from ablation.runner.options import Options
from ablation.runner.origins import lineage, origin, waves
from ablation.runner.run import run
from ablation.study.setting import Setting
from ablation.train.weights import load_weights, save_weights

BASE = {"classes": [0, 1, 2], "train": 30, "val": 12, "epochs": 2, "batch_size": 15}
LADDER = [
    {"step": "scratch", "tricks": ["batch_norm"]},
    {"step": "frozen", "tricks": [{"pretrained": BASE}, "freeze"]},
    {"step": "drifting", "tricks": [{"freeze": {"statistics": False}}]},
    {"step": "tuned", "from": "frozen", "tricks": [{"fine_tune": {"epochs": 2, "learning_rate": 0.01}}]},
]
DATA = {"classes": [7, 3, 5, 9], "train": 32, "val": 16, "test": 16}


def planned(name: str = "transfer", preset: str = "full") -> dict[str, study.Setting]:
    steps = study.plan(study.load(name), preset=preset, dataset="cifar10")
    return {step.step: step.setting for step in steps}


def test_a_fine_tuning_goes_on_from_the_very_trial_of_the_frozen_step():
    settings = planned()
    assert origin(settings["fine_tune"]) == settings["frozen"]
    assert origin(settings["fine_tune_50"]) == settings["frozen_50"]
    assert origin(settings["scratch"]) is None


def test_all_steps_of_the_study_share_one_base_whatever_their_data():
    settings = planned()
    bases = [lineage(one)[-1] for name, one in settings.items() if not name.startswith("scratch")]
    assert len(bases) == 9 and all(base == bases[0] for base in bases)
    recipe, sizes = bases[0].recipe, bases[0].sizes
    assert recipe.frozen is recipe.pretrained is recipe.warm_up is None
    assert recipe.widths == settings["frozen"].recipe.widths and recipe.epochs == 50
    assert (sizes.classes, sizes.test) == ((0, 1, 2, 3, 4), 0)
    assert not set(sizes.classes) & set(settings["frozen"].sizes.classes)


def test_an_unfrozen_recipe_is_warmed_up_with_everything_before_the_head_frozen():
    from ablation import tricks

    tuned = tricks.apply("fine_tune", tiny.recipe(), {})
    (_, first) = lineage(study.Setting(tuned, Sizes()))
    assert first.recipe == tiny.recipe(frozen=Freeze())


def test_waves_come_one_after_the_other_each_trial_once_and_not_what_is_there(tmp_path):
    trials = {name: tiny.trial(epochs=epochs) for epochs, name in enumerate("abcd", start=1)}
    a, b, c, d = trials.values()
    lines = [(c, b, a), (b, a), (d,), (d,)]
    names = {one.config_hash: name for name, one in trials.items()}

    def found():
        return [
            {
                names[key]: (start and names[start.name], keep and names[keep.name])
                for key, (_, start, keep) in wave.items()
            }
            for wave in waves(lines, lambda key: tmp_path / key)
        ]

    assert found() == [{"a": (None, "a"), "d": (None, None)}, {"b": ("a", "b")}, {"c": ("b", None)}]
    (tmp_path / a.config_hash).touch()
    assert found() == [{"d": (None, None)}, {"b": ("a", "b")}, {"c": ("b", None)}]


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """A results folder of a run that nobody interrupted."""
    folder = tmp_path_factory.mktemp("quiet")
    file = tiny.write_study(folder / "tiny.yaml", ladder=LADDER, data=DATA, seeds=2)
    tiny.run_study(file, folder / "out")
    return folder


def test_the_base_is_a_trial_of_its_own_trained_once_a_seed(quiet):
    rows = tiny.tables(quiet / "out")["trials"]
    assert {row["status"] for row in rows} == {"done"} and len(rows) == 8
    records = RunFolder(quiet / "out").read_trials()
    assert len(records) == 8 + 2
    bases = [record for key, record in records.items() if key not in {row["config_hash"] for row in rows}]
    assert sorted(record["seed"] for record in bases) == [0, 1]
    assert all(record["test_accuracy"] is None and record["epochs_run"] == 2 for record in bases)
    again = tiny.run_study(quiet / "tiny.yaml", quiet / "out")
    assert (again.trained, again.kept) == (0, 8)


def test_frozen_is_frozen_statistics_too_and_the_warm_up_leaves_all_its_weights(quiet):
    folder = RunFolder(quiet / "out")
    rows = {row["step"]: row for row in tiny.tables(folder.path)["trials"] if row["seed"] == "0"}
    kept = {file.stem for file in (folder.path / "weights").iterdir()}
    frozen = rows["frozen"]["config_hash"]
    assert frozen in kept and len(kept) == 4
    ids = {record["config_hash"] for record in folder.read_trials().values() if record["seed"] == 0}
    (base,) = (kept & ids) - {frozen}
    before, after = load_weights(folder.weights_file(base)), load_weights(folder.weights_file(frozen))
    assert (before.mean, before.deviation) == (after.mean, after.deviation)
    assert len(before.arrays["block1_conv1_norm"]) == 4
    for name in ("block1_conv1", "block1_conv1_norm"):
        for one, other in zip(before.arrays[name], after.arrays[name], strict=True):
            np.testing.assert_array_equal(one, other)
    assert before.arrays["logits"][0].shape == (8, 3) and after.arrays["logits"][0].shape == (8, 4)
    assert rows["frozen"]["train_loss"] != rows["drifting"]["train_loss"]


@pytest.mark.slow
def test_a_run_stopped_between_the_trainings_ends_with_the_same_tables(quiet, tmp_path):
    class Killed(BaseException):
        pass

    class Display(tiny.Quiet):
        def finish(self, title, seed, record):
            super().finish(title, seed, record)
            if len(self.finished) % 3 == 0:
                raise Killed

    loaded, stops = study.load(str(quiet / "tiny.yaml")), 0
    while True:
        try:
            run(loaded, Options(preset="full", out=tmp_path / "out"), Display())
            break
        except Killed:
            stops += 1
    assert stops == 3
    assert tiny.tables(tmp_path / "out") == tiny.tables(quiet / "out")


def test_a_base_learns_on_images_of_the_same_size_and_form():
    frozen = planned()["frozen"]
    sizes = lineage(Setting(frozen.recipe, frozen.sizes.replace(size=24, fit="stretch")))[-1].sizes
    assert (sizes.size, sizes.fit) == (24, "stretch") and sizes.classes != frozen.sizes.classes


def test_what_goes_on_from_a_training_without_weights_fails_and_says_so(no_training, tmp_path):
    file = tiny.write_study(tmp_path / "tiny.yaml", ladder=LADDER, data=DATA)
    outcome = tiny.run_study(file, tmp_path / "out")
    rows = {row["step"]: row for row in tiny.tables(tmp_path / "out")["trials"]}
    assert rows["scratch"]["status"] == "done" and outcome.bad == 3
    assert rows["tuned"]["error"] == "the training that it starts from left no weights"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"data": DATA | {"classes": [1, 1]}}, r"data\.classes: expected different classes, found \[1, 1\]"),
        ({"data": DATA | {"classes": [3, 12]}}, r"data\.classes: expected labels 0-9, found 12"),
        ({"ladder": [*LADDER, {"step": "x", "data": {"classes": [0, 1]}}]}, "the same classes in every step"),
        (
            {"data": DATA | {"classes": [1, 2, 9]}},
            r"step 'frozen': pretrained\.classes: expected none of those in data\.classes, found 1, 2$",
        ),
        (
            {"data": {key: value for key, value in DATA.items() if key != "classes"}},
            r"step 'frozen': pretrained: expected data\.classes, none of them those of the first training$",
        ),
        (
            {"ladder": [{"step": "x", "tricks": [{"freeze": {"blocks": 2}}]}]},
            r"frozen\.blocks: the network has 1 ",
        ),
    ],
)
def test_mistakes_are_said_in_one_line(changes, text, tmp_path):
    file = tiny.write_study(tmp_path / "tiny.yaml", **({"ladder": LADDER, "data": DATA} | changes))
    with pytest.raises(UserError, match=text):
        tiny.run_study(file, tmp_path / "out")


def test_weights_without_a_backbone_are_refused(study_file, tmp_path):
    with pytest.raises(UserError, match=r"--weights x\.h5: no step of tiny has a backbone"):
        tiny.run_study(study_file(), tmp_path / "out", weights=tmp_path / "x.h5")


def test_one_file_of_weights_is_of_one_backbone(study_file, tmp_path):
    ladder = [
        {"step": "a", "tricks": ["freeze"]},
        {"step": "b", "network": {"backbone": "VGG16"}},
        {"step": "c", "network": {"backbone": {"name": "MobileNet", "weights": "none"}}},
    ]
    file = study_file(ladder=ladder, network={"backbone": "ResNet50"})
    told = r"--weights x\.h5: expected steps of one backbone, found ResNet50, VGG16; train them one at a time"
    with pytest.raises(UserError, match=told):
        tiny.run_study(file, tmp_path / "out", weights=tmp_path / "x.h5")


@pytest.mark.parametrize("damage", ["cut", "nan", "other network"])
def test_damaged_weights_are_trained_anew(quiet, tmp_path, damage):
    import shutil

    from ablation.networks.build import build

    out, other = tmp_path / "out", build(tiny.recipe(widths=(5,)), blank_problem((32, 32, 3), 3), 0)
    shutil.copytree(quiet / "out", out)
    folder = RunFolder(out)
    for record in folder.read_trials().values():
        if record["test_accuracy"] is not None and record["seed"] == 0:
            folder.trial_file(record["config_hash"]).unlink()
    for file in (out / "weights").iterdir():
        if damage == "cut":
            file.write_bytes(file.read_bytes()[:-100])
        elif damage == "other network":
            save_weights(file, other, blank_problem((32, 32, 3), 3))
        else:
            with np.load(file) as content:
                arrays = {name: content[name] for name in content}
            first = next(name for name in arrays if name.startswith("block1_conv1."))
            np.savez(file, **(arrays | {first: np.full_like(arrays[first], np.nan)}))
    display = tiny.Quiet()
    outcome = tiny.run_study(quiet / "tiny.yaml", out, display, seeds=(0, 1))
    assert outcome.bad == 0
    assert any("the training that left it is done again" in note for note in display.notes)
    assert tiny.tables(out) == tiny.tables(quiet / "out")
