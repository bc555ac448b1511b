"""Mutations of valid studies and commands: an answer or one line, never a traceback.

`ABLATION_EXAMPLES=10000 pytest tests/cli/test_fuzz.py` tries as many.
"""

import contextlib
import copy
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ablation import study, tricks
from ablation.cli import main
from ablation.recipe import Network, Training
from ablation.study.trial import Trial

EXAMPLES = int(os.environ.get("ABLATION_EXAMPLES", "100"))


def tried(share: float) -> settings:
    """So many of all examples; the same ones every time, but for a long search."""
    return settings(
        max_examples=max(1, round(EXAMPLES * share)),
        deadline=None,
        derandomize="ABLATION_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )


STUDY: dict[str, Any] = {
    "study": "fuzz",
    "title": "A study",
    "dataset": "shapes",
    "protocol": "honest",
    "seeds": 2,
    "network": {
        "widths": [8, 16],
        "convs_per_block": [1, 2],
        "activation": "elu",
        "initializer": {"path": "keras.initializers.GlorotUniform"},
        "block_end": [{"path": "keras.layers.Dropout", "options": {"rate": 0.1}}],
    },
    "training": {"learning_rate": 0.01, "epochs": 5, "early_stopping": {"patience": 2}},
    "data": {"train": 1000, "val": 100},
    "ladder": [
        {"step": "baseline", "lecture": {"val": 0.5, "train": 0.6}},
        {"step": "noise", "title": "Noise", "tricks": [{"noise": {"probability": 0.5, "stddev": 0.01}}]},
        {"step": "both", "tricks": ["batch_norm", {"dropout": {"rate": 0.3}}]},
        {"step": "side", "from": "noise", "tricks": [{"capacity": {"factor": 2}}], "training": {"epochs": 7}},
    ],
    "presets": {
        "full": {"scale": {"network.widths": 0.5}},
        "quick": {"seeds": 1, "training": {"epochs": 2}, "datasets": {"shapes": {"data": {"train": 50}}}},
    },
}
WORDS = (
    "study", "step", "tricks", "ladder", "from", "lecture", "presets", "full", "quick", "scale", "datasets",
    "network", "training", "data", "widths", "epochs", "self", "recipe", "options", "path",
    "keras.layers.Dropout", "os.system", "dropout", "l2", "shapes", "auto", "none", ".", "..", "/", "*a",
    "&a", "!!int", "!!python/object:os.system", "[red]", "{{x}}", "<b>", "1e999", ".inf", ".nan", "-1",
    "0x10", "1_000", "yes", "~", "2020-13-45",
)  # fmt: skip

numbers = st.one_of(
    st.integers(-3, 5),
    st.integers(),
    st.sampled_from([2**31, 2**63, 10**30, 10**400, -(10**400)]),
    st.floats(),
    st.sampled_from([1e308, -0.0, 5e-324]),
)
words = st.one_of(st.sampled_from(WORDS), st.text(max_size=8), st.text(max_size=300))
plain = st.one_of(st.none(), st.booleans(), numbers, words)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)


def places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Where something stands in a nested structure."""
    if path:
        yield path
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(inner, (*path, key))


def holder(content: Any, path: tuple) -> Any:
    for key in path[:-1]:
        content = content[key]
    return content


@st.composite
def mutated_studies(draw: st.DrawFn) -> dict[str, Any]:
    """The study with one to three things replaced, removed, renamed, added, repeated or put elsewhere."""
    content = copy.deepcopy(STUDY)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(content)) or [("study",)]))
        here, key = holder(content, path), path[-1]
        change = draw(st.sampled_from(["replace", "remove", "rename", "add", "repeat", "swap"]))
        if change == "remove":
            del here[key]
        elif change == "rename" and isinstance(here, dict):
            here[draw(words)] = here.pop(key)
        elif change == "add" and isinstance(here, dict):
            here[draw(words)] = draw(values)
        elif change == "repeat" and isinstance(here, list):
            here.append(copy.deepcopy(here[key]))
        elif change == "swap":
            other = draw(st.sampled_from(list(places(content))))
            here[key] = copy.deepcopy(holder(content, other)[other[-1]])
        else:
            here[key] = draw(values)
    return content


@st.composite
def mutated_texts(draw: st.DrawFn) -> bytes:
    """The study's text with characters, lines or bytes changed."""
    text = yaml.safe_dump(STUDY, sort_keys=False).encode()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        stop = min(len(text), start + draw(st.integers(0, 30)))
        new = draw(
            st.one_of(
                st.binary(max_size=5), words.map(lambda word: word.encode()), st.just(text[start:stop] * 2)
            )
        )
        text = text[:start] + new + text[stop:]
    return text


def answer(*arguments: str) -> tuple[int, str]:
    """Exit code of a command, and what it said on standard error; anything but 0 and one line with 2 is an error."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(list(arguments))
        except SystemExit as end:  # --help
            code = end.code
    line = err.getvalue()
    if code == 2:
        assert line.startswith("ablation: ") and line.count("\n") == 1 and line.strip().isprintable()
    else:
        assert (code, line) == (0, "")
    out.getvalue().encode()
    return code, line


def check(file: Path) -> None:
    """A study is refused in one line, or can be run as far as that can be told without training."""
    code, line = answer("plan", str(file), "--dataset", "shapes", "--preset", "full")
    if code == 2:
        assert file.name in line or line.startswith(("ablation: step ", "ablation: preset: "))
        return
    assert answer("show", str(file))[0] == 0
    loaded = study.load(str(file))
    for design in loaded.designs:
        for step in study.plan(loaded, preset="full", dataset="shapes", design=design):
            assert len(Trial(step.setting, 0, "shapes", "", loaded.protocol, "").config_hash) == 16
            for name, parameters in step.uses:
                json.dumps(tricks.parameters(name) | parameters, allow_nan=False)
            json.dumps(step.setting.recipe.model_dump(mode="json"), allow_nan=False)
    json.dumps(loaded.model_dump(mode="json", by_alias=True), allow_nan=False)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "fuzz.yaml"


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("valid") / "valid.yaml"
    file.write_text(yaml.safe_dump(STUDY, sort_keys=False))
    return file


def test_the_study_that_is_mutated_is_valid(valid):
    assert answer("plan", str(valid), "--preset", "full")[0] == 0
    check(valid)


@tried(0.5)
@given(content=mutated_studies())
def test_a_mutated_study(file, content):
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    check(file)


@tried(0.2)
@given(text=mutated_texts())
def test_a_mutated_text(file, text):
    file.write_bytes(text)
    check(file)


OPTIONS = (
    "--preset", "--dataset", "--data-dir", "--design", "--steps", "--seeds", "--set", "--sets", "--help",
    "--",
)  # fmt: skip
VALUES = (
    "full", "quick", "smoke", "shapes", "cumulative", "add-one", "baseline", "3", "0,1", "1,1",
    "training.epochs=3", "network.widths=[4]",
)  # fmt: skip


@tried(0.15)
@given(
    start=st.sampled_from([("plan", "FILE"), ("plan",), ("show",), ("list",), ("report",), ("compare",), ()]),
    rest=st.lists(st.one_of(st.sampled_from(OPTIONS), st.sampled_from(VALUES), words), max_size=5),
)
def test_a_mutated_command(valid, start, rest):
    if "plan" in start and "--dataset" not in rest:
        rest = [*rest, "--dataset", "shapes"]
    answer(*(str(valid) if one == "FILE" else one for one in start), *rest)


@tried(0.15)
@given(
    key=st.sampled_from(sorted(Network.model_fields) + sorted(Training.model_fields)),
    value=words | values,
)
def test_a_mutated_assignment(valid, key, value):
    section = "network" if key in Network.model_fields else "training"
    text = value if isinstance(value, str) else yaml.safe_dump(value, default_flow_style=True)
    answer("plan", str(valid), "--dataset", "shapes", "--preset", "full", "--set", f"{section}.{key}={text}")
