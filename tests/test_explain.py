import pytest
from pydantic import ValidationError

from ablation.errors import UserError, did_you_mean
from ablation.explain import explain
from ablation.study import Study

STEP = {"step": "a"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"ladder": [STEP]}, "study: expected field required, found {'ladder': [{'step': 'a'}]}"),
        ({"study": "x", "ladder": []}, "ladder: expected tuple should have at least 1 item"),
        ({"study": "x", "lader": [STEP]}, "lader: unknown key; did you mean 'ladder'?"),
        ({"study": "x", "ladder": [{"step": "a", "trick": []}]}, "ladder.0.trick: unknown key; did you mean"),
        ({"study": "x", "ladder": [{"stp": "a"}]}, "ladder.0.stp: unknown key; did you mean 'step'?"),
        (
            {"study": "x", "ladder": [STEP], "presets": {"full": {"seed": 1}}},
            "presets.full.seed: unknown key; did you mean 'seeds'?",
        ),
        ({"study": "../x", "ladder": [STEP]}, "study: expected string should match pattern"),
        ({"study": "x", "ladder": [STEP], "seeds": 0}, "seeds: expected greater than or equal to 1, found 0"),
        ({"study": "x", "ladder": [STEP], "seeds": "many"}, "seeds: expected a valid integer"),
        ({"study": "x", "ladder": [STEP, STEP]}, "ladder.1.step: 'a' is there twice"),
        (
            {"study": "x", "ladder": [{"step": "a", "from": "b"}]},
            "ladder.0.from: expected a step above 'a', found 'b'",
        ),
        (
            {"study": "x", "ladder": [STEP], "design": "cumulativ"},
            "design: unknown 'cumulativ'; did you mean 'cumulative'?",
        ),
    ],
)
def test_a_mistake_is_told_with_its_key_and_a_way_out(content, expected):
    with pytest.raises(ValidationError) as raised:
        Study.model_validate(content)
    assert explain(raised.value, model=Study).startswith(expected)


def test_what_was_found_is_cut_short():
    with pytest.raises(ValidationError) as raised:
        Study.model_validate({"study": "x", "ladder": "y" * 5000})
    assert len(explain(raised.value, model=Study)) < 150


def test_the_nearest_name_or_all_of_them():
    assert did_you_mean("dropuot", ["dropout", "noise"]) == "; did you mean 'dropout'?"
    assert did_you_mean("xyz", ["b", "a"]) == "; expected one of a, b"


def test_a_users_mistake_is_one_line():
    assert str(UserError("two\n  lines")) == "two lines"
