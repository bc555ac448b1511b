"""What was trained for `results/reference/` stays valid: same configuration hashes, same recipes."""

import functools
import json
from pathlib import Path

import pytest

from ablation.data import shape_and_classes
from ablation.data.sizes import Sizes
from ablation.places import REFERENCE
from ablation.recipe import Recipe
from ablation.results.manifest import upgraded
from ablation.study import Setting, Variant, load, plan
from ablation.study.controls import CONTROLS, with_controls
from ablation.study.trial import Trial

MANIFESTS = sorted(path for path in REFERENCE.rglob("manifest.json") if "bench" not in path.parts)
REPLANNED = {
    "augmentation/cifar10-quick": 15,
    "bottleneck/cifar10-quick": 6,
    "fast_on_decks/cifar10-quick": 12,
    "generalization/cifar10-quick": 24,
    "generalization/cifar10-quick-resolved": 8,
    "generalization_2023/cifar10-quick": 11,
    "generalization_keras/cifar10-quick": 9,
    "inference/cifar10-quick": 9,
    "initialization/cifar10-quick": 11,
    "interactions/cifar10-quick": 10,
    "normalization/cifar10-quick": 6,
    "optimizers/cifar10-quick": 12,
    "regularization/cifar10-full": 14,
    "rules_of_thumb/cifar10-quick": 14,
    "stochastic/cifar10-quick": 12,
    "trainability/cifar10-quick": 10,
    "trainability_depth/cifar10-quick": 25,
    "trainability_fashion/fashion_mnist-quick": 3,
    "transfer/cifar10-quick": 12,
    "unlimited/shapes-quick": 7,
}  # steps of each run whose study makes the same of them as it did then


@functools.cache
def manifest(file: Path) -> dict:
    return upgraded(json.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.parent.relative_to(REFERENCE).as_posix())
def test_every_finished_trial_has_the_hash_it_had(file):
    told = manifest(file)
    steps = {(step["design"], step["step"]): step for step in told["steps"]}
    sizes = told["steps"][0]["sizes"]  # those that the manifest's dataset has; others have another sha256
    checked = 0
    for row in told["trials"]:
        step = steps[row["design"], row["step"]]
        if step["sizes"] == sizes:
            setting = Setting(Recipe.model_validate(step["recipe"]), Sizes.model_validate(step["sizes"]))
            where = (told["dataset"]["name"], row.get("images", told["dataset"]["sha256"]))
            how = (step["protocol"], told["backend"], told["devices"], told["threads"])
            again = Trial(setting, row["seed"], *where, *how)
            assert again.config_hash == row["config_hash"], f"{row['step']}, seed {row['seed']}"
            checked += 1
    assert checked, "no trial at the sizes of the manifest's dataset"


@pytest.mark.parametrize("run", REPLANNED)
def test_a_study_still_makes_the_recipes_that_were_trained(run):
    told = manifest(REFERENCE / run / "manifest.json")
    dataset = told["dataset"]["name"]
    study, images = load(told["study"]["name"]), shape_and_classes(dataset)
    planned = {}
    # most runs were trained before every seed drew a part of its own
    sets = (f"data.draw={told['steps'][0]['sizes'].get('draw', 'shared')}",)
    for design in {Variant(**step["variant"]) for step in told["steps"]}:
        steps = plan(study, preset=told["preset"], dataset=dataset, design=design, sets=sets)
        planned |= {step.place: step.setting for step in with_controls(steps, CONTROLS, *images)}
    for step in told["steps"]:
        now = planned[step["design"], step["step"]]
        recipe = now.recipe.model_dump(mode="json", exclude_defaults=True)
        then = {
            field: value for field, value in step["recipe"].items() if field != "precision"
        }  # by the machine
        assert recipe == then, step["step"]
        assert now.sizes.model_dump(mode="json", exclude_defaults=True) == step["sizes"], step["step"]
    assert len(told["steps"]) == REPLANNED[run]
