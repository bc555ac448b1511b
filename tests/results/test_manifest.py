"""The manifest: old ones are brought to today's form, damaged ones are one line."""

import copy
import json
from pathlib import Path

import pytest
from test_results import A, manifest, row, step

from ablation.errors import UserError
from ablation.results.folder import RunFolder
from ablation.results.manifest import seeds_told
from ablation.results.read import load

REFERENCES = sorted(
    file.parent for file in (Path(__file__).parents[2] / "results" / "reference").rglob("trials.csv")
)


def parts(content):
    keys = ("variant", "role", "change", "order")
    return [tuple(one[key] for key in keys) for one in content["steps"]]


@pytest.mark.parametrize("folder", REFERENCES, ids=lambda path: "-".join(path.parts[-2:]))
def test_every_reference_reads_and_says_what_its_steps_are(folder):
    found = load(folder)
    assert found.disagreements == ()
    assert len(found.trials) and set(found.trials["status"]) <= {"done", "failed", "diverged"}
    lecture = {step["protocol"] for step in found.manifest["steps"]} == {"lecture"}
    for variant, role, change, order in parts(found.manifest):
        assert (variant["epochs"], variant["protocol"], order) == (None, "lecture" if lecture else None, None)
        assert role in ("start", "added", "left_out") and (change is None) == (role == "start")


def test_seeds_are_told_of_the_step_with_fewest_and_of_the_one_with_most():
    def told(*trials):
        rows = [{"design": "cumulative", "step": step, "seed": seed} for step, seed in trials]
        return seeds_told({"trials": rows, "seeds": sorted({seed for _, seed in trials})})

    assert told(("a", 0), ("b", 0)) == "1 seed"
    assert told(("a", 0), ("a", 1), ("b", 0), ("b", 1)) == "2 seeds"
    assert told(("a", 0), ("a", 1), ("a", 2), ("b", 1)) == "1 to 3 seeds"


def test_names_of_earlier_versions_are_taken_apart_once(tmp_path):
    def of(name, base=None, design="cumulative", **changes):
        return step(name, base=base, design=design, **changes)

    control = {"kind": "parameters", "label": "noise against a wider network"}
    steps = [
        of("base"),
        of("noise", "base"),
        of("noise:parameters", "noise", control=control),
        of("aa", "base", control={"kind": "aa", "label": "again"}),
        of("base", design="cumulative@20@lecture"),
        of("aa", "base", design="cumulative@20@lecture", control=None),
        of("full", design="leave-one-out"),
        of("without-noise", "full", design="leave-one-out"),
        of("start", design="orders@3"),
        of("o12_noise", "start", design="orders@3"),
    ]
    RunFolder(tmp_path).write_manifest(manifest(steps))
    usual, longer = (
        {"design": "cumulative", "epochs": None, "protocol": None},
        {"epochs": 20, "protocol": "lecture"},
    )
    leave, orders = usual | {"design": "leave-one-out"}, usual | {"design": "orders", "epochs": 3}
    found = RunFolder(tmp_path).read_manifest()
    assert parts(found) == [
        (usual, "start", None, None),
        (usual, "added", "noise", None),
        (usual, "control", "noise", None),
        (usual, "control", None, None),
        (usual | longer, "start", None, None),
        (usual | longer, "added", "aa", None),
        (leave, "start", None, None),
        (leave, "left_out", "noise", None),
        (orders, "start", None, None),
        (orders, "added", "noise", 12),
    ]
    assert [one["protocol"] for one in found["steps"]] == ["honest"] * 4 + ["lecture"] * 2 + ["honest"] * 4


def test_what_a_step_says_of_itself_counts_whatever_its_name(tmp_path):
    own = {
        "variant": {"design": "other", "epochs": 3, "protocol": None},
        "role": "added",
        "change": "x",
        "order": 2,
    }
    RunFolder(tmp_path).write_manifest(manifest([step("without-y", design="leave-one-out", **own)]))
    assert parts(RunFolder(tmp_path).read_manifest()) == [tuple(own.values())]


def changed(*path, to):
    def change(content):
        *before, last = path
        for key in before:
            content = content[key]
        content[last] = to

    return change


def removed(*path):
    def change(content):
        *before, last = path
        for key in before:
            content = content[key]
        del content[last]

    return change


DAMAGES = {
    "no steps": removed("steps"),
    "no title": removed("study", "title"),
    "no parameters": removed("steps", 0, "parameters"),
    "steps are a number": changed("steps", to=5),
    "a step is a text": changed("steps", 0, to="base"),
    "its own base": changed("steps", 1, "base", to="noise"),
    "a circle": changed("steps", 0, "base", to="noise"),
    "a step twice": changed("steps", 1, "step", to="base"),
    "infinite": changed("steps", 0, "lecture", to={"val": float("inf")}),
    "not a number": changed("steps", 0, "lecture", to={"val": float("nan")}),
    "1e308": changed("steps", 0, "lecture", to={"val": 1e308}),
    "a boolean for a count": changed("steps", 0, "parameters", to=True),
    "a text for a share": changed("steps", 0, "lecture", to={"val": "0.5"}),
    "too many steps": changed("steps", to=[step(f"s{i}", i) for i in range(10_001)]),
    "too large a number": changed("steps", 0, "parameters", to=10**30),
    "a path for a hash": changed("trials", 0, "config_hash", to="../../x"),
    "a hash and a line more": changed("trials", 0, "config_hash", to="a" * 16 + "\n"),
    "a path for a step": changed("steps", 0, "step", to="../base"),
    "a path for a picture": changed("steps", 0, "samples", to="../../secret.png"),
    "a trial of no step": changed("trials", 0, "step", to="other"),
    "a trial twice": changed("trials", to=[row("base", 0, A)] * 2),
    "a control without a kind": changed("steps", 0, "control", to={"label": "x"}),
    "an unknown protocol": changed("steps", 0, "protocol", to="other"),
    "no classes": changed("dataset", "classes", to=[]),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_manifest_is_one_line(tmp_path, damage):
    content = copy.deepcopy(manifest([step("base"), step("noise", 1, "base")], [row("base", 0, A)]))
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(content))
    assert RunFolder(tmp_path).read_manifest() is not None
    damage(content)
    file.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"manifest\.json: ") as raised:
        load(tmp_path)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 600


def test_our_own_mistake_is_not_written(tmp_path):
    from pydantic import ValidationError

    with pytest.raises(ValidationError):
        RunFolder(tmp_path).write_manifest(manifest([step("base", base="base")]))
    assert not (tmp_path / "manifest.json").exists()
